#include "events/log/embedded_indexes.hpp"

#include <cstring>
#include <functional>
#include <limits>

#include "events/log/encoding.hpp"

namespace hub::log {
namespace {

using Rows = std::unique_ptr<rocksdb::Iterator>;

std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

/// The tables as they are at one moment, for a log that is written to meanwhile; a batch and its entries come together.
class Tables {
 public:
  explicit Tables(Store& of) : store(of), snapshot_(of.db->GetSnapshot()) {}
  ~Tables() { store.db->ReleaseSnapshot(snapshot_); }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  rocksdb::ReadOptions reading() const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    options.fill_cache = false;
    return options;
  }

  Store& store;

 private:
  const rocksdb::Snapshot* snapshot_;
};

/// All rows of a table in order of their keys, across prefixes.
Rows all_of(const Tables& tables, rocksdb::ColumnFamilyHandle* table) {
  auto options = tables.reading();
  options.total_order_seek = true;
  Rows rows(tables.store.db->NewIterator(options, table));
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

using TakeBatch = std::function<Result<void>(const BatchKey&, const BatchView&)>;

/// Walks over the batches of all partitions, a piece at a time.
class Batches {
 public:
  explicit Batches(const Tables& tables) : rows_(all_of(tables, tables.store.batches)) {}

  /// About `bytes` more. False: that was all.
  Result<bool> step(std::size_t bytes, const TakeBatch& take) {
    for (std::size_t seen = 0; rows_->Valid() && seen < bytes; rows_->Next()) {
      const auto key = parse_batch_key(view(rows_->key()));
      if (!key) return corrupt_at(last_, "the key of a batch behind it is malformed");
      last_ = {key->partition, key->first};
      const auto batch = view_batch(encoded_part(view(rows_->value())));
      if (!batch) return corrupt_at(last_, batch.error().detail);
      HUB_TRY(take(*key, batch.value()));
      seen += rows_->value().size();
    }
    if (!rows_->status().ok()) return read_failure(last_, rows_->status());
    return rows_->Valid();
  }

 private:
  const Rows rows_;
  Position last_;
};

Result<void> each_batch(const Tables& tables, const TakeBatch& take) {
  HUB_TRY(Batches(tables).step(std::numeric_limits<std::size_t>::max(), take));
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
  explicit Times(const Tables& tables) : rows_(all_of(tables, tables.store.times)) {}

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
Result<void> find_missing(const Tables& tables) {
  return each_batch(tables, [&](const BatchKey& at, const BatchView& batch) {
    return each_entry(at, batch, [&](const Entry& entry, Seq seq) -> Result<void> {
      const Position position{at.partition, seq};
      std::string found;
      const auto status = tables.store.db->Get(tables.reading(), tables.store.entities, entry.key, &found);
      if (status.IsNotFound()) return corrupt_at(position, "missing in the index of entities");
      if (!status.ok()) return read_failure(position, status);
      if (found != entry.place) return corrupt_at(position, "the index of entities leads elsewhere");
      return success();
    });
  });
}

/// Where the first entry leads that no record asks for.
Result<void> find_needless(const Tables& tables) {
  const auto rows = all_of(tables, tables.store.entities);
  for (; rows->Valid(); rows->Next()) {
    const auto place = parse_entity_place(view(rows->value()));
    if (!place) return internal_failure("log.corrupt", "the index of entities is malformed");
    const Position position{place->batch.partition, place->seq};
    bool asked_for = false;
    std::string bytes;
    if (tables.store.db->Get(tables.reading(), tables.store.batches, batch_key(place->batch), &bytes).ok()) {
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

class EmbeddedIndexCheck final : public IndexCheck {
 public:
  explicit EmbeddedIndexCheck(Store& store) : tables_(store), batches_(tables_), times_(tables_) {}

  Result<bool> step(std::size_t bytes) override {
    if (!entities_) return step_batches(bytes);
    std::size_t seen = 0;
    for (; entities_->Valid() && seen < bytes; entities_->Next()) {
      found_.add(view(entities_->key()), view(entities_->value()));
      seen += entities_->key().size() + entities_->value().size();
    }
    if (!entities_->status().ok()) return unreadable("index of entities", entities_->status());
    if (entities_->Valid()) return true;
    if (wanted_ == found_) return false;
    HUB_TRY(find_missing(tables_));
    HUB_TRY(find_needless(tables_));
    return false;
  }
  std::uint64_t records() const override { return records_; }

 private:
  Result<bool> step_batches(std::size_t bytes) {
    HUB_TRY(const bool more,
            batches_.step(bytes, [this](const BatchKey& at, const BatchView& batch) { return take(at, batch); }));
    if (more) return true;
    HUB_TRY(times_.finish());
    entities_ = all_of(tables_, tables_.store.entities);
    return true;
  }
  Result<void> take(const BatchKey& at, const BatchView& batch) {
    HUB_TRY(times_.add(at.partition, batch.end));
    records_ += batch.records.size();
    return each_entry(at, batch, [this](const Entry& entry, Seq) -> Result<void> {
      wanted_.add(entry.key, entry.place);
      return success();
    });
  }

  const Tables tables_;  // first: the walks are over it
  Batches batches_;
  Times times_;
  Rows entities_;  ///< null while the batches are walked
  Sum wanted_, found_;
  std::uint64_t records_ = 0;
};

}  // namespace

std::unique_ptr<IndexCheck> check_indexes(Store& store) {
  return std::make_unique<EmbeddedIndexCheck>(store);
}

}  // namespace hub::log
