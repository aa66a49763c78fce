#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "actors/engine/effects.hpp"
#include "adapters/deployments/deployment_effects.hpp"
#include "adapters/providers/local/kept_output.hpp"
#include "gateway/http/router.hpp"
#include "gateway/routes/services.hpp"

namespace hub::agents {

class AgentSocket;

struct DoorOptions {
  Duration lease;        ///< an attached host of which nothing is heard for so long is away
  Duration silence;      ///< a connection on which nothing is heard for so long is cut
  std::string own_host;  ///< this machine's name, which no agent may take; empty: any
  /// Where the output of attached hosts is kept; outlives the door.
  providers::local::KeptOutput& copies;
  deployments::DeploymentEffects::OrderOf order_of;
  std::function<void(const engine::EffectRequest&, const Failure&)> failed;  ///< told when there is no order
  // Told of what is kept of attached hosts; any thread.
  std::function<void(const std::string& deployment, std::uint64_t last_seq)> grown;
  std::function<void(const std::string& deployment, const providers::MetricSample& sample)> sampled;
  std::function<void(const std::string& deployment)> removed;
};

/// Where agents come in: machines without an engine, each by one WebSocket that it has opened. What is to be done on an
/// attached host is done over its connection; what it reports comes in as inputs. A connection that ends changes
/// nothing: the host is away when its lease is over, and behind the next attaching, here or at another node, all that
/// it owes is asked for again.
class AgentDoor {
 public:
  AgentDoor(DoorOptions options, routes::Services& services);
  ~AgentDoor();
  AgentDoor(const AgentDoor&) = delete;
  AgentDoor& operator=(const AgentDoor&) = delete;

  /// GET /api/v1/hosts/{name}/agent, a WebSocket.
  http::Route route();
  /// Has an effect carried out where it is to be, and returns before it is. A host that is not attached gets it when it
  /// is. On an effect thread.
  void give(const engine::EffectRequest& request);
  /// The rights of a principal have gone: its connections are ended. Any thread.
  void revoke(std::string_view principal_id);
  /// Somebody watches the metrics of a deployment, or does so no more. Calls nest. Any thread.
  void watch_metrics(const std::string& deployment, bool watched);
  /// The host that a deployment is to run on; empty when it names none, or there is no such deployment.
  std::string host_of(const std::string& deployment);
  /// Ends every connection and takes none any more. Safe to repeat.
  void stop();
  std::size_t attached() const;

  // For the connections.

  const DoorOptions& options() const { return options_; }
  routes::Services& services() { return services_; }
  /// From now on the host's effects go to this connection. Fails: conflict `host.superseded` (a newer one is there);
  /// unavailable `server.stopping`.
  Result<void> attach(const std::shared_ptr<AgentSocket>& socket);
  void detach(const AgentSocket& socket);

 private:
  std::shared_ptr<AgentSocket> find(const std::string& host) const;
  void keep_hosts();
  void keep(const std::shared_ptr<AgentSocket>& socket);

  const DoorOptions options_;
  routes::Services& services_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, std::shared_ptr<AgentSocket>, std::less<>> sockets_;         ///< by host
  std::map<std::string, std::map<std::string, std::int32_t>, std::less<>> watched_;  ///< by host and deployment
  bool stopping_ = false;
  std::thread keeper_;
};

}  // namespace hub::agents
