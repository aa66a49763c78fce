#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"

namespace hub::engine {

/// Changes of rows that become visible together. An absent value deletes.
using RowChanges = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// An ordered map of bytes to bytes; the ground under StateStore. Safe from any thread.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual bool get(std::string_view key, std::string& value) = 0;
  virtual void write(const RowChanges& changes) = 0;
  /// They are there whatever happens behind it.
  virtual void write_durably(const RowChanges& changes) { write(changes); }
  /// Keys that begin with `prefix`, in order, until the visitor answers false.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  void scan(std::string_view prefix, const Visitor& visitor) { scan_from(prefix, prefix, visitor); }
  /// Those of them that are `from` or behind it.
  virtual void scan_from(std::string_view prefix, std::string_view from, const Visitor& visitor) = 0;
  virtual void flush() = 0;
};

/// RocksDB without a write-ahead log but for write_durably(): each flush is a consistent cut. Rows that begin with 'c'
/// and whose value begins with an expired time are dropped by compaction. An I/O error ends the process. Fails:
/// internal `state.unusable`.
Result<std::unique_ptr<Rows>> open_rocks_rows(const std::filesystem::path& folder);
std::unique_ptr<Rows> make_memory_rows();

}  // namespace hub::engine
