#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/engine/rows.hpp"
#include "tests/simulation/random.hpp"

namespace hub::simulation {

/// The local rows of a node. Like the real store it has no write-ahead log: a crash takes it back to its last flush.
/// Outlives its node's restarts.
class Disk {
 public:
  std::unique_ptr<engine::Rows> open();

  void flush() { undo_.clear(); }
  /// Back to the last flush.
  void crash();
  /// Everything is lost.
  void erase();
  /// Flips a byte in a row that holds an entity's state, if there is one.
  void flip_a_byte(Random& random);

 private:
  friend class DiskRows;
  std::map<std::string, std::string, std::less<>> rows_;
  std::vector<std::pair<std::string, std::optional<std::string>>> undo_;
};

}  // namespace hub::simulation
