#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "actors/engine/effect_pool.hpp"
#include "adapters/agents/line_sender.hpp"
#include "adapters/agents/protocol.hpp"
#include "adapters/deployments/deployment_effects.hpp"
#include "adapters/providers/local/local_provider.hpp"

namespace hub::agents {

/// What runs on the machine of an agent, driven by whichever gateway it is connected to. What is lost with a connection
/// needs no record here: behind the next one the gateway asks again for all that is owed, and output goes on behind
/// what is kept there.
class Machine final : public providers::Observer {
 public:
  /// Gives a message to the connection; does not block.
  using Send = std::function<void(std::string message)>;

  /// Adopts what runs in `folder`/local.
  explicit Machine(const std::filesystem::path& folder);
  /// Leaves everything running.
  ~Machine() override;

  /// What there is, for Hello.
  void describe(Hello& hello);
  /// Deployments that run now.
  std::int32_t running();
  /// The host is attached. Any thread, as cut().
  void connected(Send send);
  /// The connection is gone: `send` is not called any more behind this.
  void cut();
  /// Obeys. Fails: invalid `agent.message` for what cannot be obeyed.
  Result<void> take(const FromGateway& message);

  void on_exit(const std::string& deployment_id, const providers::Exit& exit) override;
  void on_removed(const std::string& deployment_id) override;
  void on_log(const std::string& deployment_id, std::uint64_t last_seq) override;
  void on_metrics(const std::string& deployment_id, const providers::MetricSample& sample) override;

 private:
  Result<void> work(const Work& work);
  void watch(const std::string& deployment, bool watched);
  providers::CreateOrder take_order(const engine::EffectRequest& request);
  void report(engine::Input input);
  void send(const FromAgent& message);

  deployments::Providers providers_;
  deployments::DeploymentEffects effects_;
  std::mutex sending_;  ///< guards send_
  Send send_;
  std::mutex orders_mutex_;
  std::multimap<std::string, providers::CreateOrder> orders_;  ///< one for each effect that is to be carried out
  std::mutex watched_mutex_;
  std::set<std::string> watched_;  ///< whose metrics somebody watches, over this connection
  /// False until all is made, and again at the end: what is seen then is asked for behind the next connection.
  std::atomic<bool> ready_{false};
  std::shared_ptr<providers::local::LocalProvider> local_;
  std::unique_ptr<LineSender> lines_;
  std::unique_ptr<engine::EffectPool> pool_;
};

}  // namespace hub::agents
