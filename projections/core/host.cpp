#include "projections/core/host.hpp"

#include <rocksdb/db.h>

#include <algorithm>
#include <exception>

#include "events/core/json.hpp"
#include "events/core/logging.hpp"
#include "projections/core/rows.hpp"

namespace hub::projections {
namespace {

Marks start_of(const log::Log& log) {
  return {log.incarnation(), std::vector<Mark>(log.partitions())};
}

std::string quarantine_row(const Recorded& recorded, const Failure& failure) {
  std::string row = R"({"position":)" + json_string(to_text(recorded.position));
  row += R"(,"type":)" + json_string(to_valid_utf8(recorded.record.type));
  row += R"(,"code":)" + json_string(failure.code);
  row += R"(,"detail":)" + json_string(to_valid_utf8(failure.detail)) + "}";
  return row;
}

}  // namespace

Host::Host(const Projection& projection, log::Log& log, std::shared_ptr<Store> store)
    : projection_(projection),
      log_(log),
      store_(std::move(store)),
      marks_(store_->marks_at_open().value_or(start_of(log))) {
  load_quarantined();
}

void Host::attach(Stats& stats, Committed committed) {
  stats_ = &stats;
  stats_->quarantined.store(quarantined_.size(), std::memory_order_relaxed);
  committed_ = std::move(committed);
}

Result<bool> Host::fits(const std::optional<Marks>& marks, log::Log& log) {
  if (!marks) return true;
  if (marks->incarnation != log.incarnation() || marks->partitions.size() != log.partitions()) return false;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    const auto& mark = marks->partitions[partition];
    if (mark.seq == 0) continue;
    if (mark.seq > log.head(partition).seq) return false;
    HUB_TRY(const auto batches, log.read(partition, mark.seq, 1));
    // Batches without records may come in front of it.
    const bool is_there = std::any_of(batches.begin(), batches.end(), [&](const log::BatchPtr& batch) {
      return batch->end.last == mark.seq && batch->end.hash == mark.hash;
    });
    if (!is_there) return false;
  }
  return true;
}

Result<void> Host::feed(const log::BatchPtr& batch) {
  const auto seq = marks_.partitions.at(batch->partition).seq;
  if (batch->end.last <= seq) return success();
  if (batch->end.first != seq + 1) return catch_up(batch->partition, batch->end.last);
  fold(*batch);
  return success();
}

Result<void> Host::catch_up(const Marks* until) {
  for (PartitionId partition = 0; partition < log_.partitions(); ++partition) {
    const Seq last = until == nullptr ? log_.head(partition).seq : until->partitions.at(partition).seq;
    HUB_TRY(catch_up(partition, last));
  }
  return success();
}

Result<void> Host::catch_up(PartitionId partition, Seq until) {
  const auto& mark = marks_.partitions[partition];
  while (mark.seq < until) {
    HUB_TRY(const auto batches, log_.read(partition, mark.seq + 1, kReadBytesMax));
    const Seq before = mark.seq;
    for (const auto& batch : batches) {
      if (batch->end.last > until) break;
      // A batch of outcomes only has no records and moves nothing.
      if (batch->end.last <= mark.seq) continue;
      if (batch->end.first != mark.seq + 1)
        return internal_failure("log.corrupt", "a gap behind " + to_text(Position{partition, mark.seq}));
      fold(*batch);
    }
    if (mark.seq == before)
      return internal_failure("log.corrupt", "nothing can be read behind " + to_text(Position{partition, before}));
  }
  return success();
}

void Host::fold(const log::Batch& batch) {
  for (const auto& record : batch.records)
    if (projection_.concerns(record)) fold(batch, record);
  marks_.partitions[batch.partition] = {batch.end.last, batch.end.index_time, batch.end.hash};
  moved_ = true;
  if (events_ >= kFoldEventsMax || bytes_ >= kFoldBytesMax) commit();
}

void Host::fold(const log::Batch& batch, const log::Record& record) {
  if (!quarantined_.empty() && quarantined_.count(record.entity) > 0) {
    stats_->skipped.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (!folding_) folding_ = projection_.fold(*store_);
  const Recorded recorded{{batch.partition, record.seq}, batch.end.index_time, record};
  ++events_;
  bytes_ += record.data.size();
  // Whatever one event does, the other entities go on.
  try {
    if (auto applied = folding_->apply(recorded); !applied) quarantine(recorded, applied.error());
  } catch (const std::exception& error) {
    quarantine(recorded, internal_failure("projection.exception", error.what()));
  }
}

void Host::quarantine(const Recorded& recorded, const Failure& failure) {
  logging::write(logging::Level::error, "a projection set an entity aside",
                 {{"entity", recorded.record.entity}, {"type", recorded.record.type}, {"code", failure.code}});
  quarantined_.insert(recorded.record.entity);
  quarantine_rows_.emplace_back(quarantine_key(recorded.record.entity), quarantine_row(recorded, failure));
  stats_->quarantined.store(quarantined_.size(), std::memory_order_relaxed);
}

void Host::commit() {
  if (!moved_) return;
  Rows rows(*store_);
  if (folding_) folding_->finish(rows);
  for (auto& [key, row] : quarantine_rows_) rows.put(std::move(key), std::move(row));
  auto changes = rows.commit(*store_, marks_);
  folding_.reset();
  quarantine_rows_.clear();
  if (!dirty_since_) dirty_since_ = std::chrono::steady_clock::now();
  stats_->events.fetch_add(events_, std::memory_order_relaxed);
  stats_->folds.fetch_add(1, std::memory_order_relaxed);
  events_ = bytes_ = 0;
  moved_ = false;
  if (committed_) committed_({std::move(changes), cursor_of(marks_)}, marks_);
}

void Host::flush(bool wait) {
  if (!dirty_since_) return;
  dirty_since_.reset();
  store_->flush(wait);
}

void Host::load_quarantined() {
  const std::unique_ptr<rocksdb::Iterator> rows(store_->db().NewIterator({}));
  for (rows->Seek({&kQuarantineTable, 1}); rows->Valid() && rows->key()[0] == kQuarantineTable; rows->Next())
    quarantined_.emplace(rows->key().data() + 1, rows->key().size() - 1);
  if (!rows->status().ok()) stop_on_bad_read(store_->db(), rows->status());
  stats_->quarantined.store(quarantined_.size(), std::memory_order_relaxed);
}

}  // namespace hub::projections
