#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "projections/core/projection.hpp"

namespace hub::projections {

/// Takes what a fold writes. Keys begin with a lower-case letter, which says the table.
class Rows {
 public:
  explicit Rows(const Store& store);
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  void put(std::string_view key, std::string_view value);
  void remove(std::string_view key);
  /// Changes a sum; one of 0 is no row. Sums of one fold are written once.
  void add(std::string_view key, std::int64_t amount);
  void changed(RowChange change) { changes_.push_back(std::move(change)); }

  /// Writes all of it with `marks`; used once.
  std::vector<RowChange> commit(Store& store, const Marks& marks);

 private:
  const Store& store_;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
  std::unordered_map<std::string, std::int64_t> sums_;
  std::vector<RowChange> changes_;
};

/// The sum at `key`, 0 when there is none.
std::int64_t decode_sum(std::string_view bytes);

}  // namespace hub::projections
