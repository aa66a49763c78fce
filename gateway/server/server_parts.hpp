#pragma once
#include <atomic>
#include <boost/asio/thread_pool.hpp>

#include "adapters/hosts/host_effects.hpp"
#include "adapters/providers/local/local_provider.hpp"
#include "adapters/providers/local/run_files.hpp"
#include "adapters/tasks/task_calls.hpp"
#include "events/log/embedded_log.hpp"
#include "gateway/agents/agent_door.hpp"
#include "gateway/http/server.hpp"
#include "gateway/routes/routes.hpp"
#include "gateway/server/cluster.hpp"
#include "gateway/server/data_folder.hpp"
#include "gateway/server/disk_guard.hpp"
#include "gateway/server/env_opener.hpp"
#include "gateway/server/expiry_clock.hpp"
#include "gateway/server/health.hpp"
#include "gateway/server/host_keeper.hpp"
#include "gateway/server/http_watch.hpp"
#include "gateway/server/refusal_audit.hpp"
#include "gateway/server/server.hpp"
#include "gateway/server/shared_keys.hpp"
#include "gateway/server/shared_letters.hpp"
#include "gateway/server/shared_log.hpp"
#include "gateway/server/telemetry.hpp"
#include "gateway/streams/deployment_streams.hpp"
#include "gateway/streams/event_stream.hpp"
#include "gateway/streams/task_streams.hpp"
#include "gateway/terminals/terminal_door.hpp"
#include "projections/accounts/access_store.hpp"
#include "projections/core/runner.hpp"
#include "projections/deployments/table.hpp"
#include "projections/models/queries.hpp"
#include "projections/stats/queries.hpp"
#include "projections/tasks/projection.hpp"
#include "projections/tasks/queries.hpp"

namespace hub::server {

inline constexpr std::size_t kBlockingThreads = 4;

/// In the order in which they are made; they end in the opposite one.
struct Server::Parts {
  explicit Parts(const cli::ServeOptions& given) : options(given), folder{given.data} {}
  ~Parts() { stop(); }

  Result<void> open_log();
  void letter_changed(const engine::DeadLetter& letter, engine::LetterChange change) const {
    if (letters) letters->changed(letter, change);
  }
  Result<void> open_stores();
  Result<void> open_secrets();
  Result<void> open_access();
  Result<void> open_projections();
  Result<void> start_engine();
  Result<void> open_models();
  void add_effects();
  void add_task_calls();
  void open_agent_door();
  void open_terminal_door();
  Result<void> start_gateway();
  hosts::HostState this_host() const;
  /// When a host was heard of last that is away.
  std::optional<Instant> host_away(std::string_view name) const;
  std::int32_t running_here() const;
  /// Of a deployment or task; none when there is no such thing.
  std::optional<std::string> project_of(std::string_view id) const;
  /// Of a deployment that this machine runs or ran; empty: there is none here.
  std::string workspace_of(std::string_view id) const;
  std::vector<std::string> entities_of(const accounts::Principal& caller, std::string_view stream) const;
  void add_sources();
  Result<void> share_output();
  http::ServerOptions http_options();
  std::string metrics() const;
  routes::SystemInfo info() const;
  /// Of all who have signed what is in the log by now; may take seconds where it is shared.
  Result<log::PublicKeys> public_keys();
  /// How long this node has heard nothing of a log that it shares; 0 in ordinary times.
  std::int64_t age_seconds() const;
  void refused_access(const http::Request& request, int status, std::string_view project);
  void refused_stream(const accounts::Principal& caller, std::string_view stream, const Failure& failure);
  void stop();

  cli::ServeOptions options;
  std::vector<cli::Setting> settings;  ///< the same as texts, each with its source
  const Instant started_at = wall_now();
  DataFolder folder;
  std::string node = "embedded";  ///< as claims name it
  std::unique_ptr<DiskGuard> disk;
  std::optional<log::Signer> signer;
  std::shared_ptr<log::LogFigures> log_figures = std::make_shared<log::LogFigures>();
  std::unique_ptr<engine::StateStore> state;
  std::unique_ptr<SharedLetters> letters;              ///< on a shared log
  std::shared_ptr<kafka::KafkaFigures> kafka_figures;  ///< the same
  std::shared_ptr<log::Lease> log_lease;               ///< the same
  std::unique_ptr<log::Log> log;
  std::unique_ptr<KeyWatch> key_watch;  ///< on a shared log
  std::unique_ptr<secrets::Slots> slots;
  std::unique_ptr<secrets::Secrets> secret_values;
  std::unique_ptr<secrets::Sealer> sealer;
  std::unique_ptr<accounts::AccessStore> access;
  std::string dev_token;
  std::unique_ptr<projections::Runner> projections;
  std::unique_ptr<deployments::Deployments> deployments;
  std::unique_ptr<model_rows::Models> models;
  std::unique_ptr<task_rows::Tasks> tasks;
  std::unique_ptr<routes::RowWatch> task_row_watch;
  routes::ModelRules model_rules;
  std::unique_ptr<stats::Stats> stats;
  deployments::Providers providers;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<deployments::Orders> orders;
  std::unique_ptr<deployments::DeploymentEffects> effects;
  std::unique_ptr<hosts::HostEffects> host_effects;
  std::unique_ptr<models::CallOrders> call_orders;
  std::unique_ptr<models::TaskCalls> task_calls;
  std::unique_ptr<HostKeeper> host_keeper;
  std::unique_ptr<Telemetry> telemetry;
  providers::local::LocalProvider* local_provider = nullptr;
  std::unique_ptr<telemetry::SharedOutput> shared_output;
  std::unique_ptr<live::Hub> hub;
  std::shared_ptr<streams::LogStreams> log_streams;
  std::shared_ptr<streams::MetricStreams> metric_streams;
  std::unique_ptr<streams::TaskStreams> task_streams;
  std::atomic<streams::TaskStreams*> partials{nullptr};  ///< the same, for calls that run before and behind it
  std::unique_ptr<streams::EventPublisher> event_publisher;
  streams::FoldFrames deployment_frames;
  std::uint64_t fold_observer = 0;
  std::uint64_t revoke_observer = 0;
  std::uint64_t agent_observer = 0;
  std::uint64_t terminal_observer = 0;
  std::unique_ptr<ExpiryClock> expiry;
  std::unique_ptr<routes::RowWatch> rows;
  asio::thread_pool blocking{kBlockingThreads};
  std::unique_ptr<Health> health;
  std::unique_ptr<Cluster> cluster;
  std::unique_ptr<HttpWatch> http_watch;
  std::unique_ptr<RefusalAudit> refusals;
  std::unique_ptr<routes::Services> services;
  std::unique_ptr<agents::AgentDoor> agent_door;  ///< open: from before any agent is attached
  std::unique_ptr<terminals::TerminalDoor> terminal_door;
  std::unique_ptr<http::Server> http;
};

}  // namespace hub::server
