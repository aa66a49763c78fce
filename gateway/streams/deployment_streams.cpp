#include "gateway/streams/deployment_streams.hpp"

#include <algorithm>
#include <set>

#include "events/core/json.hpp"
#include "events/deployments/events.hpp"
#include "gateway/routes/event_reader.hpp"

namespace hub::streams {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::string_view kPrefix = "deployments/";

std::string change_json(std::string_view op, std::string_view item) {
  return "{\"op\":\"" + std::string(op) + "\",\"item\":" + std::string(item) + "}";
}

std::vector<std::string> projects_of(const accounts::Principal& principal) {
  std::vector<std::string> projects;
  for (const auto& [project, role] : principal.roles)
    if (role >= accounts::Role::viewer) projects.push_back(project);
  return projects;
}

/// Ids of deployments with an event behind `after` and not behind `until`; none when there are too many.
std::optional<std::set<std::string>> changed_since(log::Log& log, const Cursor& after, const Cursor& until) {
  std::set<std::string> ids;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    auto seq = after.seqs[partition];
    while (seq < until.seqs[partition]) {
      const auto batches = log.read(partition, seq + 1, kReadBytes);
      if (!batches || batches.value().empty()) return std::nullopt;
      for (const auto& batch : batches.value()) {
        for (const auto& record : batch->records)
          if (record.seq > seq && record.seq <= until.seqs[partition] && record.kind == log::RecordKind::event &&
              record.entity.starts_with(deployments::kDeploymentPrefix))
            ids.insert(record.entity);
        seq = std::max(seq, batch->end.last);
      }
      if (ids.size() > kMissedRowsMax) return std::nullopt;
    }
  }
  return ids;
}

/// A cursor of another node may be ahead of what is folded here.
void await_others(deployments::Deployments& deployments, const std::optional<Cursor>& after) {
  // One that is of another log is found out by what comes then.
  if (after && deployments.log().is_shared())
    static_cast<void>(deployments.progress().wait_for(*after, routes::kOtherNodesPatience));
}

bool fits(const Cursor& cursor, const Cursor& now) {
  if (cursor.incarnation != now.incarnation || cursor.seqs.size() != now.seqs.size()) return false;
  // One that is ahead of us is of another past.
  return std::equal(cursor.seqs.begin(), cursor.seqs.end(), now.seqs.begin(), std::less_equal<>());
}

class ListSource final : public live::StreamSource {
 public:
  explicit ListSource(deployments::Deployments& deployments) : deployments_(deployments) {}

  Result<void> authorise(const accounts::Principal&, std::string_view) override { return success(); }

  Result<live::Opening> open(std::string_view, const accounts::Principal& principal,
                             const std::optional<Cursor>& after) override {
    await_others(deployments_, after);
    if (after) {
      if (auto opening = recover(principal, *after)) return std::move(*opening);
    }
    deployments::ListQuery query;
    query.projects = projects_of(principal);
    query.order = deployments::Order::oldest_first;
    query.page_size = kSnapshotRows;
    HUB_TRY(const auto list, deployments_.list(query, wall_now()));
    live::Opening opening;
    opening.cursor = list.position;
    opening.snapshot =
        "{\"items\":" + list.items + ",\"total\":" + std::to_string(list.total.value_or(list.total_at_least)) + "}";
    return opening;
  }

 private:
  std::optional<live::Opening> recover(const accounts::Principal& principal, const Cursor& after) {
    const auto now = deployments_.progress().cursor();
    if (!fits(after, now)) return std::nullopt;
    const auto ids = changed_since(deployments_.log(), after, now);
    if (!ids) return std::nullopt;
    live::Opening opening;
    opening.recovered = true;
    opening.cursor = now;
    for (const auto& id : *ids) {
      const auto item = visible(deployments_, principal, id);
      if (!item) continue;
      const bool gone = item.value().status == deployments::Status::deleted;
      // Until the last one has come, a resume begins where this one did.
      opening.missed.push_back({to_text(after), change_json(gone ? "delete" : "put", item.value().json)});
      // The row may be newer than the cursor: its frame must not come again.
      auto& seq = opening.cursor.seqs[item.value().position.partition];
      seq = std::max(seq, item.value().position.seq);
    }
    if (!opening.missed.empty()) opening.missed.back().cursor = to_text(opening.cursor);
    return opening;
  }

  deployments::Deployments& deployments_;
};

class OneSource final : public DeploymentSource {
 public:
  using DeploymentSource::DeploymentSource;

  Result<live::Opening> open(std::string_view name, const accounts::Principal& principal,
                             const std::optional<Cursor>& after) override {
    HUB_TRY(const auto id, id_in(name));
    await_others(deployments_, after);
    live::Opening opening;
    opening.cursor = deployments_.progress().cursor();
    HUB_TRY(auto item, visible(deployments_, principal, id));
    const auto [partition, seq] = item.position;
    opening.cursor.seqs[partition] = std::max(opening.cursor.seqs[partition], seq);
    opening.recovered = after && fits(*after, opening.cursor);
    if (!opening.recovered)
      opening.snapshot = std::move(item.json);
    else if (!after->covers(partition, seq))
      opening.missed.push_back({to_text(opening.cursor), std::move(item.json)});
    return opening;
  }
};

}  // namespace

Result<void> DeploymentSource::authorise(const accounts::Principal& principal, std::string_view name) {
  HUB_TRY(const auto id, id_in(name));
  HUB_TRY(visible(deployments_, principal, id));
  return success();
}

Result<std::string> id_in(std::string_view stream) {
  auto rest = stream.substr(std::min(kPrefix.size(), stream.size()));
  rest = rest.substr(0, rest.find('/'));
  if (!is_id(rest)) return not_found("deployment.not_found", "no such deployment");
  return std::string(rest);
}

Result<deployments::Item> visible(const deployments::Deployments& deployments, const accounts::Principal& principal,
                                  std::string_view id) {
  HUB_TRY(auto item, deployments.get(id, wall_now()));
  if (!principal.may(accounts::Role::viewer, item.project))
    return not_found("deployment.not_found", "no such deployment");
  return item;
}

std::shared_ptr<live::StreamSource> make_list_source(deployments::Deployments& deployments) {
  return std::make_shared<ListSource>(deployments);
}

std::shared_ptr<live::StreamSource> make_one_source(deployments::Deployments& deployments) {
  return std::make_shared<OneSource>(deployments);
}

void publish_fold(live::Hub& hub, const projections::FoldResult& result, Cursor& before) {
  std::vector<const projections::RowChange*> changes;
  for (const auto& change : result.changes) changes.push_back(&change);
  std::sort(changes.begin(), changes.end(), [](const auto* a, const auto* b) {
    return std::tie(a->mark.partition, a->mark.seq) < std::tie(b->mark.partition, b->mark.seq);
  });
  if (before.seqs.size() != result.after.seqs.size()) before = result.after;
  const bool list_watched = hub.watched("deployments");
  for (const auto* change : changes) {
    const bool last = change == changes.back();
    // Behind this frame: all of its partition up to its own event; the rest as before the fold.
    before.seqs[change->mark.partition] = change->mark.seq;
    const auto cursor = to_text(last ? result.after : before);
    live::Frame frame{{change->mark.partition, change->mark.seq}, cursor, {}, {}, change->project, change->id};
    const auto one = std::string(kPrefix) + change->id;
    if (hub.watched(one)) {
      frame.data = *change->json;
      hub.publish(one, frame);
    }
    if (!list_watched) continue;
    frame.data = change_json(change->op == projections::RowChange::Op::put ? "put" : "delete", *change->json);
    hub.publish("deployments", frame);
  }
  before = result.after;
}

}  // namespace hub::streams
