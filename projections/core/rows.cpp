#include "projections/core/rows.hpp"

#include <rocksdb/write_batch.h>

#include <algorithm>

#include "projections/core/bytes.hpp"

namespace hub::projections {
namespace {

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

std::vector<RowChange> Rows::commit(Store& store, const Marks& marks) {
  for (const auto& [key, amount] : sums_) {
    if (amount == 0) continue;
    const auto before = store_.get(key);
    const auto sum = amount + (before ? decode_sum(*before) : 0);
    std::string bytes;
    append_ordered(bytes, sum);
    if (sum == 0)
      remove(key);
    else
      put(key, std::move(bytes));
  }
  // In order of the keys each insertion begins where the one before it ended.
  std::stable_sort(writes_.begin(), writes_.end(), [](const Write& a, const Write& b) { return a.key < b.key; });
  rocksdb::WriteBatch batch;
  for (const auto& write : writes_) {
    if (write.value)
      batch.Put(slice(write.key), slice(*write.value));
    else
      batch.Delete(slice(write.key));
  }
  store.commit(batch, marks);
  // Entries of indexes have no value, and nobody gets them by their key.
  for (auto& write : writes_)
    if (!write.value || !write.value->empty()) store.remember(std::move(write.key), std::move(write.value));
  return std::move(changes_);
}

std::int64_t decode_sum(std::string_view bytes) {
  std::int64_t sum = 0;
  HUB_ASSERT(take_ordered(bytes, sum));
  return sum;
}

}  // namespace hub::projections
