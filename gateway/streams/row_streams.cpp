#include "gateway/streams/row_streams.hpp"

#include <algorithm>
#include <functional>

#include "gateway/routes/event_reader.hpp"

namespace hub::streams {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;

std::uint64_t records_between(const Cursor& after, const Cursor& until) {
  std::uint64_t records = 0;
  for (std::size_t i = 0; i < until.seqs.size(); ++i)
    if (until.seqs[i] > after.seqs[i]) records += until.seqs[i] - after.seqs[i];
  return records;
}

}  // namespace

std::string change_json(std::string_view op, std::string_view item) {
  return "{\"op\":\"" + std::string(op) + "\",\"item\":" + std::string(item) + "}";
}

std::vector<std::string> projects_of(const accounts::Principal& principal) {
  std::vector<std::string> projects;
  for (const auto& [project, role] : principal.roles)
    if (role >= accounts::Role::viewer) projects.push_back(project);
  return projects;
}

void await_others(log::Log& log, projections::Progress& progress, const std::optional<Cursor>& after) {
  // One that is of another log is found out by what comes then.
  if (after && log.is_shared()) static_cast<void>(progress.wait_for(*after, routes::kOtherNodesPatience));
}

bool fits(const Cursor& cursor, const Cursor& now) {
  if (cursor.incarnation != now.incarnation || cursor.seqs.size() != now.seqs.size()) return false;
  return std::equal(cursor.seqs.begin(), cursor.seqs.end(), now.seqs.begin(), std::less_equal<>());
}

std::string list_json(const projections::ListAnswer& list) {
  return "{\"items\":" + list.items + ",\"total\":" + std::to_string(list.total.value_or(list.total_at_least)) + "}";
}

live::Opening opened_list(const projections::ListAnswer& list) {
  live::Opening opening;
  opening.cursor = list.position;
  opening.snapshot = list_json(list);
  return opening;
}

live::Opening opened_row(Cursor now, Position position, std::string json, const std::optional<Cursor>& after) {
  live::Opening opening;
  opening.cursor = std::move(now);
  auto& seq = opening.cursor.seqs[position.partition];
  seq = std::max(seq, position.seq);
  opening.recovered = after && fits(*after, opening.cursor);
  if (!opening.recovered)
    opening.snapshot = std::move(json);
  else if (!after->covers(position.partition, position.seq))
    opening.missed.push_back({to_text(opening.cursor), std::move(json)});
  return opening;
}

std::optional<std::set<std::string>> changed_since(log::Log& log, std::string_view prefix, const Cursor& after,
                                                   const Cursor& until, std::uint64_t records_max) {
  if (records_between(after, until) > records_max) return std::nullopt;
  std::set<std::string> ids;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    auto seq = after.seqs[partition];
    while (seq < until.seqs[partition]) {
      const auto batches = log.read(partition, seq + 1, kReadBytes);
      if (!batches || batches.value().empty()) return std::nullopt;
      for (const auto& batch : batches.value()) {
        for (const auto& record : batch->records)
          if (record.seq > seq && record.seq <= until.seqs[partition] && record.kind == log::RecordKind::event &&
              record.entity.starts_with(prefix))
            ids.insert(record.entity);
        seq = std::max(seq, batch->end.last);
      }
      if (ids.size() > kMissedRowsMax) return std::nullopt;
    }
  }
  return ids;
}

std::vector<const projections::RowChange*> FoldFrames::begin(const projections::FoldResult& result) {
  std::vector<const projections::RowChange*> changes;
  for (const auto& change : result.changes) changes.push_back(&change);
  std::sort(changes.begin(), changes.end(), [](const auto* a, const auto* b) {
    return std::tie(a->mark.partition, a->mark.seq) < std::tie(b->mark.partition, b->mark.seq);
  });
  if (before_.seqs.size() != result.after.seqs.size()) before_ = result.after;
  return changes;
}

}  // namespace hub::streams
