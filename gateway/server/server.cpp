#include "gateway/server/server.hpp"

#include <malloc.h>

#include <boost/asio/thread_pool.hpp>

#include "adapters/hosts/host_effects.hpp"
#include "adapters/providers/local/kept_output.hpp"
#include "adapters/providers/local/local_provider.hpp"
#include "events/core/logging.hpp"
#include "events/kafka/topics.hpp"
#include "events/log/checkpoint.hpp"
#include "events/log/embedded_log.hpp"
#include "gateway/agents/agent_door.hpp"
#include "gateway/cli/kafka_options.hpp"
#include "gateway/http/server.hpp"
#include "gateway/routes/routes.hpp"
#include "gateway/server/cluster.hpp"
#include "gateway/server/data_folder.hpp"
#include "gateway/server/disk_guard.hpp"
#include "gateway/server/docs.hpp"
#include "gateway/server/env_opener.hpp"
#include "gateway/server/expiry_clock.hpp"
#include "gateway/server/health.hpp"
#include "gateway/server/host_keeper.hpp"
#include "gateway/server/http_watch.hpp"
#include "gateway/server/kinds.hpp"
#include "gateway/server/metrics_text.hpp"
#include "gateway/server/open_slots.hpp"
#include "gateway/server/openapi.hpp"
#include "gateway/server/refusal_audit.hpp"
#include "gateway/server/shared_keys.hpp"
#include "gateway/server/shared_letters.hpp"
#include "gateway/server/shared_log.hpp"
#include "gateway/server/telemetry.hpp"
#include "gateway/streams/deployment_streams.hpp"
#include "gateway/streams/event_stream.hpp"
#include "projections/accounts/access_store.hpp"
#include "projections/accounts/dev_login.hpp"
#include "projections/core/runner.hpp"
#include "projections/deployments/table.hpp"

namespace hub::server {
namespace {

constexpr std::size_t kProjectionCacheBytes = 16 << 20;
constexpr std::size_t kProjectionWriteBytes = 16 << 20;
constexpr std::size_t kBlockingThreads = 4;
constexpr http::milliseconds kStopPatience{5'000};
/// In figures and records, for what belongs to others; the answer says that it is not there.
constexpr std::string_view kForeign = "foreign";
/// What was answered before the last end is in the projections before the door opens, unless this takes longer: then
/// it opens all the same, and health says how far behind they are.
constexpr std::chrono::milliseconds kCatchUpPatience{10'000};

}  // namespace

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
  void add_effects();
  void open_agent_door();
  Result<void> start_gateway();
  hosts::HostState this_host() const;
  std::int32_t running_here() const;
  void add_sources();
  Result<void> share_output();
  http::ServerOptions http_options();
  std::string metrics() const;
  void refused_access(const http::Request& request, int status, std::string_view project);
  void refused_stream(const accounts::Principal& caller, std::string_view stream, const Failure& failure);
  void stop();

  cli::ServeOptions options;
  DataFolder folder;
  std::string node = "embedded";  ///< as claims name it
  std::unique_ptr<DiskGuard> disk;
  std::optional<log::Signer> signer;
  std::shared_ptr<log::LogFigures> log_figures = std::make_shared<log::LogFigures>();
  std::unique_ptr<engine::StateStore> state;
  std::unique_ptr<SharedLetters> letters;              ///< on a shared log
  std::shared_ptr<kafka::KafkaFigures> kafka_figures;  ///< the same
  std::unique_ptr<log::Log> log;
  std::unique_ptr<KeyWatch> key_watch;  ///< on a shared log
  std::unique_ptr<secrets::Slots> slots;
  std::unique_ptr<secrets::Secrets> secret_values;
  std::unique_ptr<secrets::Sealer> sealer;
  std::unique_ptr<accounts::AccessStore> access;
  std::string dev_token;
  std::unique_ptr<projections::Runner> projections;
  std::unique_ptr<deployments::Deployments> deployments;
  deployments::Providers providers;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<deployments::Orders> orders;
  std::unique_ptr<deployments::DeploymentEffects> effects;
  std::unique_ptr<hosts::HostEffects> host_effects;
  std::unique_ptr<HostKeeper> host_keeper;
  std::unique_ptr<Telemetry> telemetry;
  providers::local::LocalProvider* local_provider = nullptr;
  std::unique_ptr<telemetry::SharedOutput> shared_output;
  std::unique_ptr<live::Hub> hub;
  std::shared_ptr<streams::LogStreams> log_streams;
  std::shared_ptr<streams::MetricStreams> metric_streams;
  std::unique_ptr<streams::EventPublisher> event_publisher;
  Cursor published;
  std::uint64_t fold_observer = 0;
  std::uint64_t revoke_observer = 0;
  std::uint64_t agent_observer = 0;
  std::unique_ptr<ExpiryClock> expiry;
  std::unique_ptr<routes::RowWatch> rows;
  asio::thread_pool blocking{kBlockingThreads};
  std::unique_ptr<Health> health;
  std::unique_ptr<Cluster> cluster;
  std::unique_ptr<HttpWatch> http_watch;
  std::unique_ptr<RefusalAudit> refusals;
  std::unique_ptr<routes::Services> services;
  std::unique_ptr<agents::AgentDoor> agent_door;  ///< open: from before any agent is attached
  std::unique_ptr<http::Server> http;
};

Result<void> Server::Parts::open_log() {
  // What is only read is read where it lies, also when it is a copy.
  if (options.log == cli::LogKind::kafka && !options.read_only) {
    HUB_TRY(node, node_name(options, folder));
    HUB_TRY(state, engine::open_state_store(folder.state()));
    letters = std::make_unique<SharedLetters>(*state, node);
    LogWatch watch{&kafka_figures, [this](kafka::ForeignRecord record) { letters->keep_foreign(std::move(record)); }};
    HUB_TRY(log, open_shared_log(options, folder, node, Part::member, std::move(watch)));
    return letters->connect(options);
  }
  log::EmbeddedOptions log_options;
  log_options.folder = folder.log();
  log_options.partitions = options.partitions;
  log_options.read_only = options.read_only;
  log_options.figures = log_figures;
  HUB_TRY(log, log::open_embedded_log(log_options));
  return success();
}

Result<void> Server::Parts::open_stores() {
  // Nothing is made where there is nothing to read.
  if (options.read_only) {
    HUB_TRY(open_log());
  }
  HUB_TRY(folder.make());
  disk = std::make_unique<DiskGuard>(folder.root, !options.read_only);
  if (!options.read_only) {
    HUB_TRY(open_log());
    HUB_TRY(auto keys, open_keys(options, folder, *log, node));
    signer = std::move(keys.signer);
    key_watch = std::move(keys.watch);
  }
  if (!state) {
    HUB_TRY(state, engine::open_state_store(folder.state()));
  }
  return success();
}

Result<void> Server::Parts::open_secrets() {
  HUB_TRY(slots, open_slots(options, folder, log->is_shared()));
  secret_values = std::make_unique<secrets::Secrets>(*slots);
  sealer = std::make_unique<secrets::Sealer>(*slots);
  return success();
}

Result<void> Server::Parts::open_access() {
  HUB_TRY(access, accounts::AccessStore::open(folder.accounts(), *log));
  if (options.dev) {
    HUB_TRY(dev_token, accounts::dev_token(folder.keys(), options.dev_token));
    accounts::admit_dev(access->table(), dev_token);
  } else if (!access->table().has_key(wall_now())) {
    return conflict("server.no_key",
                    "nobody could sign in: make a first key with `computehub keys create --data DIR --role admin`");
  }
  return success();
}

Result<void> Server::Parts::open_projections() {
  projections::RunnerOptions runner;
  runner.folder = folder.projections();
  runner.resources = projections::make_resources(kProjectionCacheBytes, kProjectionWriteBytes);
  HUB_TRY(projections, projections::Runner::open(*log, std::move(runner), {deployments::make_projection()}));
  auto& feed = projections->feed("deployments");
  deployments = std::make_unique<deployments::Deployments>(feed, *log);
  rows = std::make_unique<routes::RowWatch>(feed);
  return success();
}

Result<void> Server::Parts::start_engine() {
  engine::EngineOptions engine_options;
  engine_options.runner.node = node;
  if (log->inputs() != nullptr) engine_options.runner.host = node;
  engine_options.runner.buried = [this](const engine::DeadLetter& letter) {
    letter_changed(letter, engine::LetterChange::kept);
  };
  engine_options.runner.has_room = [this] { return disk->has_room(); };
  engine_options.runner.checkpoint = [this](PartitionId partition, const log::Head& head, Instant now) {
    std::vector<log::Head> heads;
    for (PartitionId other = 0; other < log->partitions(); ++other) heads.push_back(log->head(other));
    return log::make_checkpoint(*signer, partition, head, heads, now);
  };
  engine = std::make_unique<engine::Engine>(engine_options, *log, *state, all_kinds());
  if (options.read_only) {
    providers.add(std::make_shared<providers::local::KeptOutput>(folder.local()));
  } else {
    add_effects();
  }
  projections->start();
  HUB_TRY(options.read_only ? engine->read_only() : engine->start());
  Cursor head{log->incarnation(), {}};
  for (PartitionId partition = 0; partition < log->partitions(); ++partition)
    head.seqs.push_back(log->head(partition).seq);
  HUB_TRY(projections->feed("deployments").progress().wait_for(head, kCatchUpPatience));
  return success();
}

void Server::Parts::add_effects() {
  orders = std::make_unique<deployments::Orders>(
      *log, [this](const std::string& id, const std::string& organisation, const std::string& project,
                   const std::map<std::string, deployments::EnvValue>& env) {
        return open_env(*secret_values, *sealer, id, organisation, project, env);
      });
  effects = std::make_unique<deployments::DeploymentEffects>(
      providers,
      [this](const engine::EffectRequest& request, const deployments::EffectData& data) {
        return orders->find(request, data);
      },
      [this](engine::Input input) {
        // What is refused here while the server stops is owed by the agenda, and asked for again at the next start.
        static_cast<void>(engine->submit(std::move(input)));
      });
  telemetry = std::make_unique<Telemetry>(*effects);
  providers::local::LocalOptions local;
  local.folder = folder.local().string();
  auto provider = std::make_shared<providers::local::LocalProvider>(local, *telemetry);
  local_provider = provider.get();
  providers.add(std::move(provider));
  engine->handle_effects(std::string(deployments::kDeploymentPrefix), [this](const engine::EffectRequest& request) {
    // Of the hosts of agents nothing is due before one is attached.
    if (!request.place.empty() && request.place != node)
      agent_door->give(request);
    else
      effects->run(request);
  });
  host_effects = std::make_unique<hosts::HostEffects>(
      *state, [this](engine::Input input) { static_cast<void>(engine->submit(std::move(input))); });
  engine->handle_effects(std::string(hosts::kHostPrefix),
                         [this](const engine::EffectRequest& request) { host_effects->run(request); });
}

hosts::HostState Server::Parts::this_host() const {
  auto offer = server::this_host(node, *providers.find("local"));
  hosts::HostState host;
  host.name = std::move(offer.name);
  host.cpus = offer.cpus;
  host.memory_bytes = offer.memory_bytes;
  host.gpus = std::move(offer.gpus);
  host.running = running_here();
  host.seen_at = wall_now();
  return host;
}

std::int32_t Server::Parts::running_here() const {
  const auto all = providers.find("local")->list();
  if (!all) return 0;
  return static_cast<std::int32_t>(std::count_if(all.value().begin(), all.value().end(), [](const auto& observed) {
    return observed.state == providers::RunState::running;
  }));
}

void Server::Parts::add_sources() {
  live::HubOptions hub_options;
  hub_options.refused = [this](const accounts::Principal& caller, std::string_view stream, const Failure& failure) {
    refused_stream(caller, stream, failure);
  };
  hub_options.authenticate = [this](std::string_view token) { return access->table().find(token, wall_now()); };
  hub = std::make_unique<live::Hub>(hub_options);
  log_streams = std::make_shared<streams::LogStreams>(*hub, *deployments, providers);
  metric_streams = std::make_shared<streams::MetricStreams>(*hub, *deployments, providers);
  hub->add_source("deployments", streams::make_list_source(*deployments));
  hub->add_source("deployments/{id}", streams::make_one_source(*deployments));
  hub->add_source("deployments/{id}/logs", log_streams);
  hub->add_source("deployments/{id}/metrics", metric_streams);
  hub->add_source("events", streams::make_event_source(*log));
  event_publisher = std::make_unique<streams::EventPublisher>(*hub, *log);
  if (telemetry) telemetry->connect(log_streams, metric_streams);
  fold_observer = projections->feed("deployments").observe([this](const projections::FoldResult& result) {
    streams::publish_fold(*hub, result, published);
  });
  revoke_observer =
      access->table().observe([this](std::string_view principal) { hub->revoke(principal); },
                              [this](const live::PrincipalPtr& principal) { hub->reauthorise(principal); });
  expiry = std::make_unique<ExpiryClock>(access->table());
}

Result<void> Server::Parts::share_output() {
  HUB_TRY(auto shared, shared_output_options(options, folder, node, log->partitions()));
  telemetry::SharedOutput::Listener listener;
  listener.lines = [this](const std::string& id, std::uint64_t) { log_streams->grown(id); };
  listener.sample = [this](const std::string& id, const providers::MetricSample& sample) {
    metric_streams->sampled(id, sample);
  };
  HUB_TRY(shared_output, telemetry::SharedOutput::start(std::move(shared), *local_provider, std::move(listener)));
  telemetry->share(shared_output.get());
  return success();
}

http::ServerOptions Server::Parts::http_options() {
  http::ServerOptions http_options;
  http_options.host = options.listen.host;
  http_options.port = options.listen.port;
  http_options.threads = options.threads;
  http_options.limits.connections = options.max_connections;
  http_options.limits.read.body_bytes = static_cast<std::size_t>(options.max_body_bytes);
  http_options.guard.authenticate = [this](std::string_view token) { return access->table().find(token, wall_now()); };
  http_options.guard.loopback_hosts_only = options.dev;
  http_options.guard.listen_host = options.listen.host;
  http_options.tls_certificate_file = options.tls_cert.string();
  http_options.tls_key_file = options.tls_key.string();
  http_options.observe = [this](const http::Observation& seen) {
    http_watch->observe(seen);
    if (seen.status == 401 || seen.status == 403)
      refusals->note({seen.request.principal.get(),
                      static_cast<int>(seen.status),
                      seen.code,
                      seen.request.route,
                      seen.request.id,
                      {}});
  };
  http_options.trouble = [](std::string_view what) { logging::write(logging::Level::error, what); };
  http_options.on_stop = [this] {
    rows->stop();
    if (agent_door) agent_door->stop();
    hub->stop();
  };
  return http_options;
}

void Server::Parts::open_agent_door() {
  const Duration lease{options.session_timeout.micros * 3};
  agents::DoorOptions door{
      lease,
      options.session_timeout,
      node,
      local_provider->copies(),
      [this](const engine::EffectRequest& request, const deployments::EffectData& data) {
        return orders->find(request, data);
      },
      [this](const engine::EffectRequest& request, const Failure& failure) {
        effects->failed(request, "local", failure);
      },
      [this](const std::string& id, std::uint64_t last) { telemetry->on_log(id, last); },
      [this](const std::string& id, const providers::MetricSample& sample) { telemetry->on_metrics(id, sample); },
      [this](const std::string& id) { telemetry->on_removed(id); }};
  agent_door = std::make_unique<agents::AgentDoor>(std::move(door), *services);
  agent_observer = access->table().on_revoked([this](std::string_view principal) { agent_door->revoke(principal); });
  providers.set_watch_elsewhere(
      [this](const std::string& id, bool watched) { agent_door->watch_metrics(id, watched); });
}

Result<void> Server::Parts::start_gateway() {
  add_sources();
  if (local_provider != nullptr && log->inputs() != nullptr) {
    HUB_TRY(share_output());
  }
  refusals = std::make_unique<RefusalAudit>(
      [this](engine::Input input, engine::Completion done) -> Result<void> {
        // Who only reads keeps no record of its own; the lines of the log tell.
        if (options.read_only) return success();
        return engine->submit(std::move(input), std::move(done));
      },
      RefusalAudit::Options{});
  health = std::make_unique<Health>(
      Health::Sources{*engine, *projections, *log, *disk, *slots, providers, options.read_only});
  cluster = std::make_unique<Cluster>(Cluster::Sources{*engine, *log, projections->feed("deployments").progress(),
                                                       kafka_figures, node, options.read_only});
  services = std::make_unique<routes::Services>(routes::Services{
      *engine, *log, *deployments, access->table(), *secret_values, *sealer, providers, *rows, blocking, wall_now,
      [this] { return health->checks(); }, [this] { return metrics(); }, [this] { return cluster->view(); },
      options.metrics_open, openapi_document(), [this] { return this_host(); },
      [this](const engine::DeadLetter& letter, engine::LetterChange change) { letter_changed(letter, change); },
      [this](const http::Request& request, int status, std::string_view project) {
        refused_access(request, status, project);
      }});
  http::Router router;
  if (options.read_only) router.refuse_writes(forbidden("server.read_only", "this server only reads"));
  routes::add_deployment_reads(router, *services);
  routes::add_deployment_writes(router, *services);
  routes::add_deployment_batch(router, *services);
  routes::add_telemetry(router, *services);
  routes::add_hosts(router, *services);
  routes::add_events(router, *services);
  routes::add_access(router, *services);
  routes::add_secrets(router, *services);
  routes::add_cluster(router, *services);
  routes::add_dead_letters(router, *services);
  routes::add_system(router, *services);
  add_docs(router);
  router.add(hub->route("/api/v1/live"));
  if (!options.read_only) {
    open_agent_door();
    router.add(agent_door->route());
  }
  http_watch = std::make_unique<HttpWatch>(router);
  auto chosen = http_options();
  for (const auto& network : options.behind_proxy) {
    HUB_TRY(auto parsed, http::parse_network(network));
    chosen.guard.behind_proxy.push_back(parsed);
  }
  http = std::make_unique<http::Server>(std::move(chosen), std::move(router));
  HUB_TRY(http->start());
  if (log->inputs() != nullptr && !options.read_only) {
    auto offer = server::this_host(node, *providers.find("local"));
    offer.lease = Duration{options.session_timeout.micros * 3};
    host_keeper = std::make_unique<HostKeeper>(*engine, std::move(offer), [this] { return running_here(); });
  }
  return folder.write_address(http->url());
}

void Server::Parts::refused_access(const http::Request& request, int status, std::string_view project) {
  const auto code = status == 404 ? kForeign : std::string_view("auth.forbidden");
  http_watch->count_refusal(static_cast<unsigned>(status), code);
  refusals->note({request.principal.get(), status, code, request.route, request.id, project});
  logging::write(logging::Level::warning, "access refused",
                 {{"request_id", request.id},
                  {"route", request.route},
                  {"status", status},
                  {"code", code},
                  {"caller", request.principal->id}});
}

void Server::Parts::refused_stream(const accounts::Principal& caller, std::string_view stream, const Failure& failure) {
  // A stream that belongs to others is refused like one that is not there; the record tells them apart.
  const auto id = stream.substr(std::min(stream.find('/'), stream.size() - 1) + 1);
  const auto item = deployments->get(id.substr(0, id.find('/')), wall_now());
  const bool foreign = failure.kind == FailureKind::not_found && item.has_value();
  if (!foreign && failure.kind != FailureKind::forbidden) return;
  const auto code = foreign ? kForeign : std::string_view(failure.code);
  http_watch->count_refusal(static_cast<unsigned>(failure.http_status()), code);
  refusals->note({&caller,
                  failure.http_status(),
                  code,
                  "/api/v1/live",
                  {},
                  foreign ? std::string_view(item.value().project) : std::string_view()});
  logging::write(logging::Level::warning, "subscription refused",
                 {{"stream", stream}, {"code", code}, {"caller", caller.id}});
}

std::string Server::Parts::metrics() const {
  return metrics_text({*engine, *log_figures, *http_watch, http ? http->connections() : 0, hub->metrics(),
                       health->lag(), health->checks(), cluster->view(), kafka_figures.get()});
}

void Server::Parts::stop() {
  if (http) {
    folder.remove_address();
    http->stop(kStopPatience);
  }
  host_keeper.reset();
  blocking.join();
  if (refusals) refusals->stop();
  // What is held in memory goes to disk now, which takes room.
  if (disk && !options.read_only && !disk->has_room()) disk->release();
  if (engine) engine->stop();
  if (telemetry) telemetry->share(nullptr);
  shared_output.reset();
  // Providers tell nobody any more before what they tell it to goes away.
  providers = {};
  expiry.reset();
  if (agent_observer != 0) access->table().forget(agent_observer);
  if (revoke_observer != 0) access->table().forget(revoke_observer);
  if (fold_observer != 0) projections->feed("deployments").unobserve(fold_observer);
  if (log_streams) log_streams->stop();
  event_publisher.reset();
  rows.reset();
  if (projections) projections->stop();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const cli::ServeOptions& options) {
  // A few arenas: glibc's default of eight a core holds on to far more than a server of this size uses.
  ::mallopt(M_ARENA_MAX, 4);
  auto parts = std::make_unique<Parts>(options);
  HUB_TRY(parts->open_stores());
  HUB_TRY(parts->open_secrets());
  HUB_TRY(parts->open_access());
  HUB_TRY(parts->open_projections());
  HUB_TRY(parts->start_engine());
  HUB_TRY(parts->start_gateway());
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::string Server::url() const {
  return parts_->http->url();
}
const std::string& Server::dev_token() const {
  return parts_->dev_token;
}

}  // namespace hub::server
