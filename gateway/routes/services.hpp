#pragma once
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <string>

#include "actors/engine/engine.hpp"
#include "actors/hosts/host.hpp"
#include "adapters/deployments/deployment_effects.hpp"
#include "adapters/secrets/sealer.hpp"
#include "adapters/secrets/secrets.hpp"
#include "adapters/tasks/task_calls.hpp"
#include "events/log/public_keys.hpp"
#include "gateway/http/request.hpp"
#include "gateway/routes/cluster.hpp"
#include "gateway/routes/model_body.hpp"
#include "gateway/routes/row_watch.hpp"
#include "gateway/routes/system_info.hpp"
#include "projections/accounts/access_table.hpp"
#include "projections/deployments/queries.hpp"
#include "projections/models/queries.hpp"
#include "projections/stats/queries.hpp"
#include "projections/tasks/queries.hpp"

namespace hub::routes {

/// One line of /api/v1/system/health.
struct HealthCheck {
  std::string name;
  bool ok = true;
  std::string reason;  ///< shown to callers with a token
};

/// What routes are made of. All of it outlives the HTTP server; all of it is safe from any thread.
struct Services {
  engine::Engine& engine;
  log::Log& log;
  deployments::Deployments& deployments;
  accounts::AccessTable& access;
  secrets::Secrets& secrets;
  secrets::Sealer& sealer;
  const deployments::Providers& providers;
  RowWatch& rows;
  model_rows::Models& models;
  task_rows::Tasks& tasks;
  RowWatch& task_rows;  ///< of models and of tasks
  const ModelRules& model_rules;
  stats::Stats& stats;
  models::TaskCalls* task_calls;  ///< null where nothing is carried out
  asio::thread_pool& blocking;    ///< for what reads files or asks a provider
  std::function<Instant()> clock = wall_now;
  std::function<std::vector<HealthCheck>()> health;
  std::function<std::string()> metrics_text;
  std::function<ClusterView()> cluster;
  bool metrics_open = false;
  std::shared_ptr<const std::string> openapi_json;
  std::function<hosts::HostState()> this_host;  ///< this node's machine
  /// Told of what a caller did to a dead letter, once it is kept here; may block.
  std::function<void(const engine::DeadLetter&, engine::LetterChange)> letter_changed = [](const engine::DeadLetter&,
                                                                                           engine::LetterChange) {};
  /// Told of each refusal of access that the answer does not show: an item of a batch that the caller may not change
  /// (403), and what belongs to others, which is answered as if it were not there (404). Any io thread.
  /// `project` is that of what was refused.
  std::function<void(const http::Request&, int status, std::string_view project)> refused_access =
      [](const http::Request&, int, std::string_view) {};
  std::string dev_token = {};  ///< of a server for development, which lets in without one; else empty
  Duration session_lifetime = seconds(12 * 3'600);
  /// Where this machine has the workspace of a deployment; empty: it has none. May block.
  std::function<std::string(std::string_view id)> workspace_of = {};
  /// What this server is and was told. Never blocks.
  std::function<SystemInfo()> info = {};
  /// Of all who have signed what is in the log by now. May block for seconds.
  std::function<Result<log::PublicKeys>()> public_keys = {};
};

}  // namespace hub::routes
