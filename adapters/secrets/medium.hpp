#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"

namespace hub::secrets {

/// Where several nodes keep the same values: changes in one order, of which at least the last under each name is kept.
/// Nothing is written on a condition. Where it matters who was first each writes under a name of its own, and all see
/// the same one first; a name that was written once is never overtaken by what is dropped.
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
  virtual ~Medium() = default;
  /// Gives `take` all that is there by now and returns; what comes later is given too, until the medium ends. Called
  /// once, before any other. Fails with what is to be said to whoever starts the node.
  virtual Result<void> follow(Take take) = 0;
  /// Returns when all that was written anywhere by now was given. Fails: unavailable `secrets.unavailable`.
  virtual Result<void> catch_up() = 0;
  /// Appends the changes in this order, each once, and returns when they were given here too; others may come between
  /// them. Fails: unavailable `secrets.unavailable`: then a first part of them, or all, may be there or come.
  virtual Result<void> write(Changes changes) = 0;
  /// Returns when no write that began anywhere before the call can come any more. Fails: as catch_up().
  virtual Result<void> settle() = 0;
};

}  // namespace hub::secrets
