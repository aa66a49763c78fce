#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "projections/core/projection.hpp"

namespace hub::projections {

/// Takes what a fold writes. Keys begin with a lower-case letter, which says the table.
class Rows {
 public:
  explicit Rows(const Store& store) : store_(store) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  void put(std::string key, std::string value) { writes_.push_back({std::move(key), std::move(value)}); }
  void remove(std::string key) { writes_.push_back({std::move(key), std::nullopt}); }
  /// Changes a sum; one of 0 is no row. Sums of one fold are written once.
  void add(const std::string& key, std::int64_t amount) { sums_[key] += amount; }
  void changed(RowChange change) { changes_.push_back(std::move(change)); }

  /// Writes all of it with `marks`; used once.
  std::vector<RowChange> commit(Store& store, const Marks& marks);

 private:
  const Store& store_;
  struct Write {
    std::string key;
    std::optional<std::string> value;  ///< none: the row is removed
  };
  std::vector<Write> writes_;
  std::unordered_map<std::string, std::int64_t> sums_;
  std::vector<RowChange> changes_;
};

/// The sum at `key`, 0 when there is none.
std::int64_t decode_sum(std::string_view bytes);

}  // namespace hub::projections
