#include "gateway/streams/deployment_streams.hpp"

#include <algorithm>

#include "events/deployments/events.hpp"

namespace hub::streams {
namespace {

constexpr std::string_view kPrefix = "deployments/";

class ListSource final : public live::StreamSource {
 public:
  explicit ListSource(deployments::Deployments& deployments) : deployments_(deployments) {}

  Result<void> authorise(const accounts::Principal&, std::string_view) override { return success(); }

  Result<live::Opening> open(std::string_view, const accounts::Principal& principal,
                             const std::optional<Cursor>& after) override {
    await_others(deployments_.log(), deployments_.progress(), after);
    if (after) {
      if (auto opening = recover(principal, *after)) return std::move(*opening);
    }
    deployments::ListQuery query;
    query.projects = projects_of(principal);
    query.order = deployments::Order::oldest_first;
    query.page_size = kSnapshotRows;
    HUB_TRY(const auto list, deployments_.list(query, wall_now()));
    return opened_list(list);
  }

 private:
  std::optional<live::Opening> recover(const accounts::Principal& principal, const Cursor& after) {
    const auto now = deployments_.progress().cursor();
    if (!fits(after, now)) return std::nullopt;
    const auto ids = changed_since(deployments_.log(), deployments::kDeploymentPrefix, after, now);
    if (!ids) return std::nullopt;
    return recovered_list(*ids, after, now, [&](const std::string& id) -> std::optional<Shown> {
      auto item = visible(deployments_, principal, id);
      if (!item) return std::nullopt;
      const bool gone = item.value().status == deployments::Status::deleted;
      return Shown{std::move(item.value().json), item.value().position, gone};
    });
  }

  deployments::Deployments& deployments_;
};

class OneSource final : public DeploymentSource {
 public:
  using DeploymentSource::DeploymentSource;

  Result<live::Opening> open(std::string_view name, const accounts::Principal& principal,
                             const std::optional<Cursor>& after) override {
    HUB_TRY(const auto id, id_in(name));
    await_others(deployments_.log(), deployments_.progress(), after);
    auto now = deployments_.progress().cursor();
    HUB_TRY(auto item, visible(deployments_, principal, id));
    return opened_row(std::move(now), item.position, std::move(item.json), after);
  }
};

}  // namespace

Result<void> DeploymentSource::authorise(const accounts::Principal& principal, std::string_view name) {
  HUB_TRY(const auto id, id_in(name));
  HUB_TRY(visible(deployments_, principal, id));
  return success();
}

Result<std::string> id_in(std::string_view stream) {
  auto rest = stream.substr(std::min(stream.find('/'), stream.size() - 1) + 1);
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

void publish_fold(live::Hub& hub, const projections::FoldResult& result, FoldFrames& frames) {
  const bool list_watched = hub.watched("deployments");
  frames.each(result, [&](const projections::RowChange& change, live::Frame frame) {
    const auto one = std::string(kPrefix) + change.id;
    if (hub.watched(one)) {
      frame.data = *change.json;
      hub.publish(one, frame);
    }
    if (!list_watched) return;
    frame.data = change_json(change.op == projections::RowChange::Op::put ? "put" : "delete", *change.json);
    hub.publish("deployments", frame);
  });
}

}  // namespace hub::streams
