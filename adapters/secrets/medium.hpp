#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"

namespace hub::secrets {

/// Where several nodes keep the same values: changes in one order, of which at least the last under each name is kept.
/// Safe from any thread, but for follow().
class Medium {
 public:
  /// Says something under a name; without bytes: that nothing is there any more.
  struct Change {
    std::string name;
    std::optional<std::string> bytes;
  };
  using Changes = std::vector<Change>;
  /// Given each change in order, one at a time, on any thread.
  using Take = std::function<void(std::string_view name, std::optional<std::string_view> bytes)>;
  using Decide = std::function<Result<Changes>()>;

  virtual ~Medium() = default;
  /// Gives `take` all that is there by now and returns; what comes later is given too, until the medium ends. Called
  /// once, before any other. Fails with what is to be said to whoever starts the node.
  virtual Result<void> follow(Take take) = 0;
  /// Returns when all that was written anywhere by now was given. Fails: unavailable `secrets.unavailable`.
  virtual Result<void> catch_up() const = 0;
  /// Calls `decide` when all that was ever written was given here, and writes what it answers when nobody has written
  /// in between; else again. All changes are written, or none. Returns when they were given here too. Fails: as
  /// `decide`, which then has changed nothing; unavailable `secrets.unavailable`: then they may be there, or come.
  virtual Result<void> write(const Decide& decide) = 0;
};

}  // namespace hub::secrets
