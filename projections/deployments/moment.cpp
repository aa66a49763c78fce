#include "projections/deployments/moment.hpp"

#include <rocksdb/db.h>

#include <limits>

#include "projections/deployments/keys.hpp"
#include "projections/deployments/row.hpp"

namespace hub::deployments {
namespace {

// Events that are read from the log at a time.
constexpr std::size_t kHistoryPage = 512;

bool covers(const Moment& moment, Position position) {
  return moment.cursor.covers(position.partition, position.seq);
}

/// The youngest kept state that is not younger than the moment.
Result<std::optional<View>> kept_before(const projections::StoreView& rows, std::string_view id, const Moment& moment) {
  rocksdb::ReadOptions options;
  options.snapshot = rows.snapshot();
  const auto prefix = history_prefix(id);
  const std::unique_ptr<rocksdb::Iterator> kept(rows.db().NewIterator(options));
  kept->SeekForPrev(history_key(id, std::numeric_limits<Version>::max()));
  for (; kept->Valid() && kept->key().starts_with(prefix); kept->Prev()) {
    const std::string_view bytes(kept->value().data(), kept->value().size());
    HUB_TRY(const auto row, decode_row(bytes));
    if (!covers(moment, row.position)) continue;
    HUB_TRY(auto view, view_of(bytes));
    return std::optional<View>(std::move(view));
  }
  if (!kept->status().ok()) projections::stop_on_bad_read(rows.db(), kept->status());
  return std::optional<View>();
}

}  // namespace

Result<Moment> moment_at(log::Log& log, Instant at) {
  Moment moment{{log.incarnation(), {}}, at};
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    HUB_TRY(const Seq seq, log.seq_at(partition, at));
    moment.cursor.seqs.push_back(seq);
  }
  return moment;
}

Result<Moment> moment_at(const log::Log& log, const Cursor& cursor) {
  if (cursor.incarnation != log.incarnation() || cursor.seqs.size() != log.partitions())
    return invalid("cursor.other_log", "this position is of another log", "at");
  return Moment{cursor, {}};
}

Result<Moment> moment_at(const log::Log& log, Position position) {
  if (position.partition >= log.partitions()) return invalid("position.unknown", "there is no such partition", "at");
  Moment moment{{log.incarnation(), std::vector<std::uint64_t>(log.partitions())}, {}};
  moment.cursor.seqs[position.partition] = position.seq;
  return moment;
}

Result<std::optional<View>> view_at(const projections::StoreView& rows, log::Log& log, std::string_view id,
                                    const Moment& moment, const std::optional<std::string>& base) {
  std::optional<View> view;
  if (base) {
    HUB_TRY(const auto row, decode_row(*base));
    if (covers(moment, row.position)) {
      HUB_TRY(view, view_of(*base));
    } else {
      HUB_TRY(view, kept_before(rows, id, moment));
    }
  }
  for (;;) {
    const Version from = view ? view->version + 1 : 1;
    HUB_TRY(const auto events, log.history(id, from, kHistoryPage));
    for (const auto& event : events) {
      if (!covers(moment, event.position)) return view;
      HUB_TRY(apply(view, event.record, event.position, event.index_time));
    }
    if (events.size() < kHistoryPage) return view;
  }
}

}  // namespace hub::deployments
