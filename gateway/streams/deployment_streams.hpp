#pragma once
#include <memory>

#include "gateway/live/hub.hpp"
#include "gateway/streams/row_streams.hpp"
#include "projections/deployments/queries.hpp"

namespace hub::streams {

// A snapshot of the list has the oldest first.

/// The stream `deployments`: {op: "put" | "delete", item}; its snapshot {items, total}.
std::shared_ptr<live::StreamSource> make_list_source(deployments::Deployments& deployments);
/// The stream `deployments/{id}`: the resource.
std::shared_ptr<live::StreamSource> make_one_source(deployments::Deployments& deployments);

/// The streams of one deployment: whoever may see it may watch them.
class DeploymentSource : public live::StreamSource {
 public:
  explicit DeploymentSource(deployments::Deployments& deployments) : deployments_(deployments) {}
  Result<void> authorise(const accounts::Principal& principal, std::string_view name) final;

 protected:
  deployments::Deployments& deployments_;
};

/// Publishes every fold of the projection to both. An observer of its feed.
void publish_fold(live::Hub& hub, const projections::FoldResult& result, FoldFrames& frames);

/// The id in "deployments/{id}…" or "tasks/{id}". Fails: not_found `deployment.not_found`.
Result<std::string> id_in(std::string_view stream);
/// Fails: not_found `deployment.not_found` also for one that the principal may not see.
Result<deployments::Item> visible(const deployments::Deployments& deployments, const accounts::Principal& principal,
                                  std::string_view id);

}  // namespace hub::streams
