#pragma once
#include <functional>
#include <map>
#include <memory>
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

 private:
  std::vector<std::shared_ptr<providers::Provider>> all_;
};

/// Carries out what deployments ask of their providers, and brings back what happened as inputs.
class DeploymentEffects {
 public:
  using Submit = std::function<void(engine::Input)>;
  /// The plain values of an `env`. Fails when a secret is missing or a seal does not open; that is final.
  using OpenEnv = std::function<Result<std::map<std::string, std::string>>(
      const std::string& deployment_id, const std::string& organisation, const std::string& project,
      const std::map<std::string, EnvValue>& env)>;

  DeploymentEffects(const Providers& providers, log::Log& log, OpenEnv open_env, Submit submit)
      : providers_(providers), log_(log), open_env_(std::move(open_env)), submit_(std::move(submit)) {}

  /// One effect, on a thread that may block: "prepare" | "start" | "watch" | "stop" | "remove".
  void run(const engine::EffectRequest& request);
  /// What a provider saw by itself.
  void exited(const std::string& deployment_id, const providers::Exit& exit);

 private:
  Result<void> carry_out(const engine::EffectRequest& request, const EffectData& data, providers::Provider& provider);
  Result<void> prepare(const std::string& id, providers::Provider& provider);
  Result<void> start(const std::string& id, const EffectData& data, providers::Provider& provider);
  Result<void> watch(const std::string& id, const EffectData& data, providers::Provider& provider);
  Result<void> stop(const std::string& id, const EffectData& data, providers::Provider& provider);
  Result<providers::CreateOrder> order_of(const std::string& id, const std::optional<Limits>& limits);
  void report(const std::string& id, const Command& command);
  void report_end(const std::string& id, std::int32_t run, Reason reason, Instant at);

  const Providers& providers_;
  log::Log& log_;
  OpenEnv open_env_;
  Submit submit_;
};

}  // namespace hub::deployments
