#include "events/log/embedded_queries.hpp"

#include <limits>

#include "events/log/chain.hpp"
#include "events/log/encoding.hpp"

namespace hub::log {
namespace {

constexpr auto kTurnMax = std::numeric_limits<std::uint32_t>::max();
constexpr auto kSeqMax = std::numeric_limits<Seq>::max();

std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

/// Steps through the batches of one partition.
class BatchCursor {
 public:
  BatchCursor(Store& store, PartitionId partition)
      : partition_(partition), rows_(store.db->NewIterator({}, store.batches)) {}

  void seek(const BatchKey& key) { rows_->Seek(batch_key(key)); }
  void seek_back(const BatchKey& key) { rows_->SeekForPrev(batch_key(key)); }
  void next() { rows_->Next(); }
  void back() { rows_->Prev(); }
  /// The place of the batch it stands at; nothing behind either end of the partition.
  std::optional<BatchKey> key() const {
    if (!rows_->Valid()) return std::nullopt;
    const auto found = parse_batch_key(view(rows_->key()));
    if (!found || found->partition != partition_) return std::nullopt;
    return found;
  }
  std::string_view value() const { return view(rows_->value()); }
  rocksdb::Status status() const { return rows_->status(); }

 private:
  PartitionId partition_;
  std::unique_ptr<rocksdb::Iterator> rows_;
};

/// Puts the cursor on the first batch that a reader from `from` wants: those without records in front of a batch that
/// begins with `from` belong to it.
void seek_reader(BatchCursor& cursor, PartitionId partition, Seq from) {
  cursor.seek_back({partition, from, kTurnMax});
  const auto found = cursor.key();
  if (found && found->first == from && found->turn > 0) cursor.seek({partition, from, 0});
}

/// What `batch` must link to when the one before is known.
std::optional<std::string> broken_link(const StoredBatch& stored, const Head& before) {
  const auto& end = stored.batch.end;
  if (end.first != before.seq + 1) return "seq " + std::to_string(before.seq + 1) + " is missing";
  if (stored.link != before.hash) return "the batch does not link to the one before";
  if (end.epoch < before.epoch) return "the epoch goes back";
  if (end.index_time < before.index_time) return "the index time goes back";
  return std::nullopt;
}

Head head_behind(const Batch& batch) {
  return {batch.end.last, batch.end.epoch, batch.end.hash, batch.end.index_time};
}

bool is_about(const Record& record, std::string_view entity, Version version) {
  return record.kind == RecordKind::event && ((record.entity == entity && record.version == version) ||
                                              (record.parent == entity && record.parent_version == version));
}

/// Loads single records; events of an entity often share a batch, so the last one is kept.
class RecordLoader {
 public:
  explicit RecordLoader(Store& store) : store_(store) {}

  Result<EntityRecord> load(const EntityPlace& place) {
    const Position position{place.batch.partition, place.seq};
    if (loaded_ != place.batch) {
      HUB_TRY(load_batch_of(place));
    }
    const auto index = place.seq - place.batch.first;
    if (index >= batch_.records.size()) return corrupt_at(position, "the index points behind the batch");
    auto record = decode_record(batch_.records[index]);
    if (!record) return corrupt_at(position, "the record is malformed");
    return EntityRecord{position, batch_.end.index_time, std::move(*record)};
  }

 private:
  Result<void> load_batch_of(const EntityPlace& place) {
    const Position position{place.batch.partition, place.seq};
    loaded_.reset();
    bytes_.Reset();
    const auto status = store_.db->Get({}, store_.batches, batch_key(place.batch), &bytes_);
    if (!status.ok()) return read_failure(position, status);
    auto viewed = view_batch(encoded_part(view(bytes_)));
    if (!viewed) return corrupt_at(position, viewed.error().detail);
    batch_ = std::move(viewed).value();
    loaded_ = place.batch;
    return success();
  }

  Store& store_;
  std::optional<BatchKey> loaded_;
  rocksdb::PinnableSlice bytes_;
  BatchView batch_;
};

}  // namespace

Result<Tail> read_tail(Store& store, PartitionId partition) {
  BatchCursor cursor(store, partition);
  cursor.seek_back({partition, kSeqMax, kTurnMax});
  const auto last = cursor.key();
  if (!cursor.status().ok()) return read_failure({partition, 0}, cursor.status());
  if (!last) return Tail{};
  HUB_TRY(const auto stored, load_batch(*last, cursor.value()));
  const Tail tail{head_behind(stored.batch), stored.batch.records.empty() ? last->turn + 1 : 0};
  // Those without records are never read before a record follows them, so they are verified here.
  for (auto later = stored; later.batch.records.empty();) {
    cursor.back();
    const auto key = cursor.key();
    if (!cursor.status().ok()) return read_failure({partition, last->first}, cursor.status());
    if (!key) return corrupt_at({partition, last->first}, "the batch before is missing");
    HUB_TRY(auto earlier, load_batch(*key, cursor.value()));
    if (const auto broken = broken_link(later, head_behind(earlier.batch)))
      return corrupt_at({partition, last->first}, *broken);
    later = std::move(earlier);
  }
  return tail;
}

Result<std::vector<BatchPtr>> read_batches(Store& store, PartitionId partition, Seq from, std::size_t bytes_max) {
  BatchCursor cursor(store, partition);
  seek_reader(cursor, partition, from);
  std::vector<BatchPtr> batches;
  std::size_t bytes = 0;
  std::optional<Head> before;
  for (; const auto key = cursor.key(); cursor.next()) {
    if (bytes > 0 && bytes >= bytes_max && !batches.back()->records.empty()) break;
    HUB_TRY(auto stored, load_batch(*key, cursor.value()));
    if (!before && stored.batch.end.first > from) return corrupt_at({partition, from}, "missing");
    if (before)
      if (const auto broken = broken_link(stored, *before)) return corrupt_at({partition, before->seq + 1}, *broken);
    before = head_behind(stored.batch);
    bytes += cursor.value().size();
    batches.push_back(std::make_shared<const Batch>(std::move(stored.batch)));
  }
  const Seq next = before ? before->seq + 1 : from;
  if (!cursor.status().ok()) return read_failure({partition, next}, cursor.status());
  while (!batches.empty() && batches.back()->records.empty()) batches.pop_back();
  if (batches.empty() || batches.back()->end.last < from) return corrupt_at({partition, from}, "missing");
  return batches;
}

Result<std::vector<EntityRecord>> read_history(Store& store, std::string_view entity, Version from,
                                               std::size_t count_max) {
  const auto prefix = entity_prefix(entity);
  const std::unique_ptr<rocksdb::Iterator> index(store.db->NewIterator({}, store.entities));
  RecordLoader loader(store);
  std::vector<EntityRecord> records;
  Version version = std::max<Version>(from, 1);
  for (index->Seek(entity_key(entity, version)); index->Valid() && records.size() < count_max;
       index->Next(), ++version) {
    if (!index->key().starts_with(prefix)) break;
    const auto place = parse_entity_place(view(index->value()));
    if (!place) return internal_failure("log.corrupt", "the index of entities is malformed");
    HUB_TRY(auto found, loader.load(*place));
    if (!is_about(found.record, entity, version))
      return corrupt_at(found.position,
                        "the index of entities says version " + std::to_string(version) + " of another");
    records.push_back(std::move(found));
  }
  if (!index->status().ok()) return internal_failure("log.corrupt", "index of entities: " + index->status().ToString());
  return records;
}

Result<Seq> find_seq_at(Store& store, PartitionId partition, Instant at) {
  const std::unique_ptr<rocksdb::Iterator> index(store.db->NewIterator({}, store.times));
  const auto key = time_key(partition, at);
  index->SeekForPrev(key);
  if (!index->status().ok()) return internal_failure("log.corrupt", "index of times: " + index->status().ToString());
  if (!index->Valid() || index->key().size() != key.size() ||
      !index->key().starts_with(key.substr(0, sizeof partition)))
    return Seq{0};
  auto bytes = view(index->value());
  Seq seq = 0;
  if (!take_varint(bytes, seq)) return internal_failure("log.corrupt", "the index of times is malformed");
  return seq;
}

}  // namespace hub::log
