#include "projections/core/rows.hpp"

#include <rocksdb/write_batch.h>

#include "projections/core/bytes.hpp"

namespace hub::projections {
namespace {

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Rows::Rows(const Store& store) : store_(store), batch_(std::make_unique<rocksdb::WriteBatch>()) {}
Rows::~Rows() = default;

void Rows::put(std::string_view key, std::string_view value) {
  batch_->Put(slice(key), slice(value));
}
void Rows::remove(std::string_view key) {
  batch_->Delete(slice(key));
}
void Rows::add(std::string_view key, std::int64_t amount) {
  sums_[std::string(key)] += amount;
}

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
      put(key, bytes);
  }
  store.commit(*batch_, marks);
  return std::move(changes_);
}

std::int64_t decode_sum(std::string_view bytes) {
  std::int64_t sum = 0;
  HUB_ASSERT(take_ordered(bytes, sum));
  return sum;
}

}  // namespace hub::projections
