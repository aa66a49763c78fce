#pragma once
#include <memory>
#include <mutex>

#include "adapters/deployments/deployment_effects.hpp"
#include "adapters/telemetry/shared_output.hpp"
#include "gateway/streams/log_streams.hpp"
#include "gateway/streams/metric_streams.hpp"

namespace hub::server {

/// Brings what providers see by themselves to whom it concerns. Providers begin to tell when they are made, before
/// there are streams to tell it to.
class Telemetry final : public providers::Observer {
 public:
  explicit Telemetry(deployments::DeploymentEffects& effects) : effects_(effects) {}

  void connect(std::shared_ptr<streams::LogStreams> logs, std::shared_ptr<streams::MetricStreams> metrics) {
    const std::lock_guard lock(mutex_);
    logs_ = std::move(logs);
    metrics_ = std::move(metrics);
  }

  /// Where several nodes are: what is told goes to them, too. Null: no more.
  void share(telemetry::SharedOutput* shared) {
    const std::lock_guard lock(mutex_);
    shared_ = shared;
  }

  void on_exit(const std::string& deployment_id, const providers::Exit& exit) override {
    effects_.exited(deployment_id, exit);
  }
  void on_removed(const std::string& deployment_id) override {
    with_shared([&](telemetry::SharedOutput& shared) { shared.removed(deployment_id); });
  }
  void on_log(const std::string& deployment_id, std::uint64_t) override {
    with_shared([&](telemetry::SharedOutput& shared) { shared.grown(deployment_id); });
    if (const auto logs = logs_now()) logs->grown(deployment_id);
  }
  void on_metrics(const std::string& deployment_id, const providers::MetricSample& sample) override {
    with_shared([&](telemetry::SharedOutput& shared) { shared.sampled(deployment_id, sample); });
    if (const auto metrics = metrics_now()) metrics->sampled(deployment_id, sample);
  }

 private:
  template <class Use>
  void with_shared(Use use) {
    const std::lock_guard lock(mutex_);
    if (shared_ != nullptr) use(*shared_);
  }
  std::shared_ptr<streams::LogStreams> logs_now() {
    const std::lock_guard lock(mutex_);
    return logs_;
  }
  std::shared_ptr<streams::MetricStreams> metrics_now() {
    const std::lock_guard lock(mutex_);
    return metrics_;
  }

  deployments::DeploymentEffects& effects_;
  std::mutex mutex_;
  telemetry::SharedOutput* shared_ = nullptr;
  std::shared_ptr<streams::LogStreams> logs_;
  std::shared_ptr<streams::MetricStreams> metrics_;
};

}  // namespace hub::server
