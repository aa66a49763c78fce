#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "events/core/result.hpp"
#include "projections/core/projection.hpp"

namespace hub::projections {

/// DIR/projections/<name>-v<n>: a file `current` that names the generation in force, and a folder each generation.
/// A rebuild fills the next generation and then changes `current`, so at each moment one whole generation is named.
class Folders {
 public:
  Folders(const std::filesystem::path& root, const Projection& projection);

  const std::filesystem::path& root() const { return root_; }
  /// Empty when no generation is named.
  std::optional<std::filesystem::path> current() const;
  /// Path for the next generation; nothing is there yet.
  std::filesystem::path next() const;
  /// Names `generation` (made by next()) durably. An I/O error ends the process.
  void make_current(const std::filesystem::path& generation) const;
  /// Removes every generation but the current one: what broken-off rebuilds left.
  void remove_others() const;

 private:
  std::filesystem::path root_;
};

}  // namespace hub::projections
