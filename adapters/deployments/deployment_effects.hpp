#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/deployments/deployment.hpp"
#include "actors/engine/effects.hpp"
#include "actors/engine/input.hpp"
#include "adapters/providers/provider.hpp"
#include "events/log/log.hpp"

namespace hub::deployments {

/// The providers of this node by name. Filled before the first effect; only read behind that.
class Providers {
 public:
  void add(std::shared_ptr<providers::Provider> provider) { all_.push_back(std::move(provider)); }
  /// Null when there is none of that name.
  providers::Provider* find(std::string_view name) const;
  const std::vector<std::shared_ptr<providers::Provider>>& all() const { return all_; }

  /// Told that somebody watches the metrics of a deployment of another machine, or does so no more. Calls nest.
  using Watch = std::function<void(const std::string& deployment, bool watched)>;
  void set_watch_elsewhere(Watch watch) { watch_elsewhere_ = std::move(watch); }
  /// While somebody watches, samples come more often, wherever the deployment runs. Calls nest.
  void watch_metrics(std::string_view provider, const std::string& deployment, bool watched) const;

 private:
  Watch watch_elsewhere_;
  std::vector<std::shared_ptr<providers::Provider>> all_;
};

/// Reads orders from the log, where their first event is.
class Orders {
 public:
  /// The plain values of an `env`. Fails when a secret is missing or a seal does not open; that is final.
  using OpenEnv = std::function<Result<std::map<std::string, std::string>>(
      const std::string& deployment_id, const std::string& organisation, const std::string& project,
      const std::map<std::string, EnvValue>& env)>;

  Orders(log::Log& log, OpenEnv open_env) : log_(log), open_env_(std::move(open_env)) {}

  /// What the effect is to work with: what the deployment asked for first, and at a start the limits that it has since.
  /// Fails as the log and OpenEnv do.
  Result<providers::CreateOrder> find(const engine::EffectRequest& request, const EffectData& data) const;

 private:
  log::Log& log_;
  const OpenEnv open_env_;
};

/// "prepare" | "start" | "watch" | "stop" | "remove"
bool is_effect(std::string_view name);
/// Effects whose work needs an order.
bool needs_order(const engine::EffectRequest& request);

/// Carries out what deployments ask of their providers, and brings back what happened as inputs.
class DeploymentEffects {
 public:
  using Submit = std::function<void(engine::Input)>;
  using OrderOf = std::function<Result<providers::CreateOrder>(const engine::EffectRequest&, const EffectData&)>;

  DeploymentEffects(const Providers& providers, OrderOf order_of, Submit submit)
      : providers_(providers), order_of_(std::move(order_of)), submit_(std::move(submit)) {}

  /// One effect (is_effect()), on a thread that may block.
  void run(const engine::EffectRequest& request);
  /// Reports that an effect could not be carried out.
  void failed(const engine::EffectRequest& request, const std::string& provider, const Failure& failure);
  /// What a provider saw by itself. An end is told behind the start of its run, however soon it came.
  void exited(const std::string& deployment_id, const providers::Exit& exit);

 private:
  Result<void> carry_out(const engine::EffectRequest& request, const EffectData& data, providers::Provider& provider);
  Result<void> prepare(const engine::EffectRequest& request, const EffectData& data, providers::Provider& provider);
  Result<void> start(const engine::EffectRequest& request, const EffectData& data, providers::Provider& provider);
  Result<void> watch(const std::string& id, const EffectData& data, providers::Provider& provider);
  Result<void> stop(const std::string& id, const EffectData& data, providers::Provider& provider);
  void report(const std::string& id, const Command& command);
  void report_end(const std::string& id, std::int32_t run, Reason reason, Instant at);
  void report_exit(const std::string& id, const providers::Exit& exit);

  /// While it lives, ends of a deployment are held back.
  class Starting {
   public:
    Starting(DeploymentEffects& effects, const std::string& id);
    ~Starting();
    Starting(const Starting&) = delete;
    Starting& operator=(const Starting&) = delete;

   private:
    DeploymentEffects& effects_;
    const std::string& id_;
  };
  struct HeldBack {
    std::size_t starts = 0;  ///< under way
    std::vector<providers::Exit> exits;
  };

  const Providers& providers_;
  const OrderOf order_of_;
  const Submit submit_;
  std::mutex held_back_mutex_;
  std::map<std::string, HeldBack> held_back_;
};

}  // namespace hub::deployments
