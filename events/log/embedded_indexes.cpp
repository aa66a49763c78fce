#include "events/log/embedded_indexes.hpp"

#include <cstring>
#include <functional>

#include "events/log/encoding.hpp"

namespace hub::log {
namespace {

using Rows = std::unique_ptr<rocksdb::Iterator>;

std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

/// All rows of a table in order of their keys, across prefixes.
Rows all_of(Store& store, rocksdb::ColumnFamilyHandle* table) {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  options.fill_cache = false;
  Rows rows(store.db->NewIterator(options, table));
  rows->SeekToFirst();
  return rows;
}

Failure unreadable(std::string_view index, const rocksdb::Status& status) {
  return internal_failure("log.corrupt", std::string(index) + ": " + status.ToString());
}

/// An entry of the index of entities that a record asks for.
struct Entry {
  std::string key;
  std::string place;
};

/// Every entry that a batch asks for, as put_batch() makes them.
Result<void> each_entry(const BatchKey& at, const BatchView& batch,
                        const std::function<Result<void>(const Entry&, Seq)>& take) {
  Seq seq = batch.end.first;
  for (const auto& bytes : batch.records) {
    const auto record = decode_record(bytes);
    if (!record) return corrupt_at({at.partition, seq}, "the record is malformed");
    if (record->kind == RecordKind::event) {
      const auto place = entity_place(at, seq);
      HUB_TRY(take({entity_key(record->entity, record->version), place}, seq));
      if (!record->parent.empty()) {
        HUB_TRY(take({entity_key(record->parent, record->parent_version), place}, seq));
      }
    }
    ++seq;
  }
  return success();
}

Result<void> each_batch(Store& store, const std::function<Result<void>(const BatchKey&, const BatchView&)>& take) {
  Position last;
  const auto rows = all_of(store, store.batches);
  for (; rows->Valid(); rows->Next()) {
    const auto key = parse_batch_key(view(rows->key()));
    if (!key) return corrupt_at(last, "the key of a batch behind it is malformed");
    last = {key->partition, key->first};
    const auto batch = view_batch(encoded_part(view(rows->value())));
    if (!batch) return corrupt_at(last, batch.error().detail);
    HUB_TRY(take(*key, batch.value()));
  }
  if (!rows->status().ok()) return read_failure(last, rows->status());
  return success();
}

/// Entries of a set, added up in any order: two equal sums are the same entries.
class Sum {
 public:
  void add(std::string_view key, std::string_view value) {
    bytes_.clear();
    append_sized(bytes_, key);
    bytes_ += value;
    const auto digest = sha256(bytes_);
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
      std::uint64_t part = 0;
      std::memcpy(&part, digest.data() + lane * sizeof part, sizeof part);
      lanes_[lane] += part;
    }
  }
  bool operator==(const Sum& other) const { return lanes_ == other.lanes_; }

 private:
  std::array<std::uint64_t, 4> lanes_{};
  std::string bytes_;
};

/// Index of times: both sides are in order of partition and time, so they are walked side by side.
class Times {
 public:
  explicit Times(Store& store) : rows_(all_of(store, store.times)) {}

  Result<void> add(PartitionId partition, const BatchEnd& end) {
    auto key = time_key(partition, end.index_time);
    if (key != key_) {
      HUB_TRY(meet());
      key_ = std::move(key);
    }
    last_ = {partition, end.last};
    return success();
  }

  Result<void> finish() {
    HUB_TRY(meet());
    if (!rows_->status().ok()) return unreadable("index of times", rows_->status());
    if (rows_->Valid()) return corrupt_at(led_to(), "the index of times has an entry without a batch");
    return success();
  }

 private:
  /// Batches of one time share an entry, which says the last of them.
  Result<void> meet() {
    if (key_.empty()) return success();
    if (!rows_->status().ok()) return unreadable("index of times", rows_->status());
    std::string seq;
    append_varint(seq, last_.seq);
    if (rows_->Valid() && view(rows_->key()) < key_)
      return corrupt_at(led_to(), "the index of times has an entry without a batch");
    if (!rows_->Valid() || view(rows_->key()) != key_) return corrupt_at(last_, "missing in the index of times");
    if (view(rows_->value()) != seq) return corrupt_at(last_, "the index of times says another seq");
    rows_->Next();
    return success();
  }

  /// What the entry says; its own bytes are all there is to go by.
  Position led_to() const {
    PartitionId partition = 0;
    for (std::size_t i = 0; i < sizeof partition && i < rows_->key().size(); ++i)
      partition = partition << 8U | static_cast<unsigned char>(rows_->key()[i]);
    auto bytes = view(rows_->value());
    Seq seq = 0;
    return take_varint(bytes, seq) ? Position{partition, seq} : Position{partition, 0};
  }

  Rows rows_;
  std::string key_;
  Position last_;
};

/// The first record that its entry does not lead to.
Result<void> find_missing(Store& store) {
  rocksdb::ReadOptions uncached;
  uncached.fill_cache = false;
  return each_batch(store, [&](const BatchKey& at, const BatchView& batch) {
    return each_entry(at, batch, [&](const Entry& entry, Seq seq) -> Result<void> {
      const Position position{at.partition, seq};
      std::string found;
      const auto status = store.db->Get(uncached, store.entities, entry.key, &found);
      if (status.IsNotFound()) return corrupt_at(position, "missing in the index of entities");
      if (!status.ok()) return read_failure(position, status);
      if (found != entry.place) return corrupt_at(position, "the index of entities leads elsewhere");
      return success();
    });
  });
}

/// Where the first entry leads that no record asks for.
Result<void> find_needless(Store& store) {
  const auto rows = all_of(store, store.entities);
  for (; rows->Valid(); rows->Next()) {
    const auto place = parse_entity_place(view(rows->value()));
    if (!place) return internal_failure("log.corrupt", "the index of entities is malformed");
    const Position position{place->batch.partition, place->seq};
    bool asked_for = false;
    std::string bytes;
    if (store.db->Get({}, store.batches, batch_key(place->batch), &bytes).ok()) {
      const auto batch = view_batch(encoded_part(bytes));
      if (!batch) return corrupt_at(position, batch.error().detail);
      HUB_TRY(each_entry(place->batch, batch.value(), [&](const Entry& entry, Seq) -> Result<void> {
        asked_for = asked_for || (entry.key == view(rows->key()) && entry.place == view(rows->value()));
        return success();
      }));
    }
    if (!asked_for) return corrupt_at(position, "the index of entities has an entry without a record");
  }
  return internal_failure("log.corrupt", "the index of entities does not fit the records");
}

}  // namespace

Result<void> verify_indexes(Store& store) {
  Sum wanted, found;
  Times times(store);
  HUB_TRY(each_batch(store, [&](const BatchKey& at, const BatchView& batch) -> Result<void> {
    HUB_TRY(times.add(at.partition, batch.end));
    return each_entry(at, batch, [&](const Entry& entry, Seq) -> Result<void> {
      wanted.add(entry.key, entry.place);
      return success();
    });
  }));
  HUB_TRY(times.finish());
  const auto rows = all_of(store, store.entities);
  for (; rows->Valid(); rows->Next()) found.add(view(rows->key()), view(rows->value()));
  if (!rows->status().ok()) return unreadable("index of entities", rows->status());
  if (wanted == found) return success();
  HUB_TRY(find_missing(store));
  return find_needless(store);
}

}  // namespace hub::log
