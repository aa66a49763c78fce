#pragma once
#include <memory>
#include <string>

#include "adapters/deployments/deployment_effects.hpp"
#include "gateway/streams/deployment_streams.hpp"

namespace hub::streams {

/// How far back a snapshot goes.
inline constexpr Duration kSnapshotSpan = seconds(15 * 60);

/// The streams `deployments/{id}/metrics`: {series}, one point each; the cursor is the time of the last sample. While
/// somebody watches, the provider samples every second.
class MetricStreams final : public DeploymentSource {
 public:
  MetricStreams(live::Hub& hub, deployments::Deployments& deployments, const deployments::Providers& providers)
      : DeploymentSource(deployments), hub_(hub), providers_(providers) {}

  /// A sample was taken. Any thread, one at a time for a deployment.
  void sampled(const std::string& deployment_id, const providers::MetricSample& sample);

  Result<live::Opening> open(std::string_view name, const accounts::Principal& principal,
                             const std::optional<Cursor>& after) override;
  void opened(std::string_view name) override { watch(name, true); }
  void closed(std::string_view name) override { watch(name, false); }

 private:
  void watch(std::string_view name, bool watched);

  live::Hub& hub_;
  const deployments::Providers& providers_;
};

}  // namespace hub::streams
