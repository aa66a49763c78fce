#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"

namespace hub::terminals {

/// What stands in a deployment's folder while a terminal is open: a server that ends without a word leaves them behind,
/// and the next one can tell of their ends.
class Marks {
 public:
  /// `folder`: of local deployments, one below it for each.
  explicit Marks(std::string folder) : folder_(std::move(folder)) {}

  struct Mark {
    std::string deployment;
    std::string terminal;
  };
  /// On disk when it returns. Fails: unavailable `terminal.unavailable`.
  Result<void> set(const Mark& mark) const;
  void remove(const Mark& mark) const;
  std::vector<Mark> all() const;

 private:
  std::string folder_of(std::string_view deployment) const;

  std::string folder_;
};

}  // namespace hub::terminals
