// What users reach: HTTP, live streams, agents, figures.
#include "events/core/logging.hpp"
#include "gateway/routes/catch_up.hpp"
#include "gateway/server/dashboard.hpp"
#include "gateway/server/docs.hpp"
#include "gateway/server/metrics_text.hpp"
#include "gateway/server/openapi.hpp"
#include "gateway/server/server_parts.hpp"

namespace hub::server {
namespace {

/// In figures and records, for what belongs to others; the answer says that it is not there.
constexpr std::string_view kForeign = "foreign";

}  // namespace

std::optional<std::string> Server::Parts::project_of(std::string_view id) const {
  if (id.starts_with(tasks::kTaskPrefix)) {
    const auto task = tasks->view(id);
    return task ? std::optional(task.value().project) : std::nullopt;
  }
  const auto item = deployments->get(id, wall_now());
  return item ? std::optional(item.value().project) : std::nullopt;
}

/// What a subscription is refused by: the deployment or task, or the rights in its project.
std::vector<std::string> Server::Parts::entities_of(const accounts::Principal& caller, std::string_view stream) const {
  const auto id = streams::id_in(stream);
  if (!id) return {};
  const auto project = project_of(id.value());
  return {project ? accounts::project_id(caller.organisation, *project) : id.value()};
}

void Server::Parts::add_sources() {
  live::HubOptions hub_options;
  hub_options.refused = [this](const accounts::Principal& caller, std::string_view stream, const Failure& failure) {
    refused_stream(caller, stream, failure);
  };
  if (log->inputs() != nullptr)
    hub_options.catch_up = [this](const accounts::Principal& caller, std::string_view stream,
                                  std::function<void(Result<void>)> told) {
      const auto entities = entities_of(caller, stream);
      if (entities.empty()) return told(success());
      log->when_read(routes::partitions_of(entities, log->partitions()), std::move(told));
    };
  hub_options.authenticate = [this](std::string_view token) { return access->table().find(token, wall_now()); };
  hub_options.authenticate_session = [this](std::string_view secret) {
    return access->table().find_session(secret, wall_now());
  };
  hub_options.age_seconds = [this] { return age_seconds(); };
  hub = std::make_unique<live::Hub>(hub_options);
  log_streams = std::make_shared<streams::LogStreams>(*hub, *deployments, providers);
  metric_streams = std::make_shared<streams::MetricStreams>(*hub, *deployments, providers);
  hub->add_source("deployments", streams::make_list_source(*deployments));
  hub->add_source("deployments/{id}", streams::make_one_source(*deployments));
  hub->add_source("deployments/{id}/logs", log_streams);
  hub->add_source("deployments/{id}/metrics", metric_streams);
  hub->add_source("events", streams::make_event_source(*log));
  task_streams = std::make_unique<streams::TaskStreams>(*hub, projections->feed("tasks"), *log);
  partials = task_streams.get();
  event_publisher = std::make_unique<streams::EventPublisher>(*hub, *log);
  if (telemetry) telemetry->connect(log_streams, metric_streams);
  fold_observer = projections->feed("deployments").observe([this](const projections::FoldResult& result) {
    streams::publish_fold(*hub, result, deployment_frames);
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
  http_options.limits.read.large_path = "/api/v1/tasks/batch";
  http_options.limits.read.file_prefix = "/api/v1/deployments/";
  http_options.limits.read.file_suffix = "/files/content";
  http_options.guard.authenticate = [this](std::string_view token) { return access->table().find(token, wall_now()); };
  http_options.guard.authenticate_session = [this](std::string_view secret) {
    return access->table().find_session(secret, wall_now());
  };
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
  if (log->inputs() != nullptr)
    http_options.catch_up = [this](const std::vector<std::string>& entities) {
      return routes::catch_up(*log, entities);
    };
  http_options.age_seconds = [this] { return age_seconds(); };
  http_options.trouble = [](std::string_view what) { logging::write(logging::Level::error, what); };
  http_options.on_stop = [this] {
    rows->stop();
    task_row_watch->stop();
    if (agent_door) agent_door->stop();
    if (terminal_door) terminal_door->stop();
    hub->stop();
  };
  http_options.on_stopped = [this] { blocking.join(); };
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

void Server::Parts::open_terminal_door() {
  terminals::DoorOptions door;
  door.open_shell = [this](const std::string& id, terminals::TerminalSize size) {
    return local_provider->open_shell(id, size);
  };
  door.folder = folder.local().string();
  terminal_door = std::make_unique<terminals::TerminalDoor>(std::move(door), *services);
  terminal_observer =
      access->table().observe([this](std::string_view id) { terminal_door->revoke(id); },
                              [this](const live::PrincipalPtr& principal) { terminal_door->reauthorise(*principal); });
  terminal_door->tell_of_lost();
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
      Health::Sources{*engine, *projections, *log, *disk, *slots, providers, options.read_only, kafka_figures});
  cluster = std::make_unique<Cluster>(Cluster::Sources{*engine, *log, projections->feed("deployments").progress(),
                                                       kafka_figures, node, options.read_only});
  services = std::make_unique<routes::Services>(routes::Services{
      *engine,
      *log,
      *deployments,
      access->table(),
      *secret_values,
      *sealer,
      providers,
      *rows,
      *models,
      *tasks,
      *task_row_watch,
      model_rules,
      *stats,
      task_calls.get(),
      blocking,
      wall_now,
      [this] { return health->checks(); },
      [this] { return metrics(); },
      [this] { return cluster->view(); },
      options.metrics_open,
      openapi_document(),
      [this] { return this_host(); },
      [this](const engine::DeadLetter& letter, engine::LetterChange change) { letter_changed(letter, change); },
      [this](const http::Request& request, int status, std::string_view project) {
        refused_access(request, status, project);
      },
      dev_token});
  services->workspace_of = [this](std::string_view id) { return workspace_of(id); };
  services->info = [this] { return info(); };
  services->public_keys = [this] { return public_keys(); };
  http::Router router;
  if (options.read_only) router.refuse_writes(forbidden("server.read_only", "this server only reads"));
  routes::add_deployment_reads(router, *services);
  routes::add_deployment_writes(router, *services);
  routes::add_deployment_batch(router, *services);
  routes::add_deployment_files(router, *services);
  routes::add_models(router, *services);
  routes::add_tasks(router, *services);
  routes::add_task_batch(router, *services);
  routes::add_task_bulk(router, *services);
  routes::add_stats(router, *services);
  routes::add_openai(router, *services);
  routes::add_telemetry(router, *services);
  routes::add_hosts(router, *services);
  routes::add_events(router, *services);
  routes::add_access(router, *services);
  routes::add_sessions(router, *services);
  routes::add_secrets(router, *services);
  routes::add_cluster(router, *services);
  routes::add_dead_letters(router, *services);
  routes::add_system(router, *services);
  routes::add_system_info(router, *services);
  routes::add_audit(router, *services);
  add_docs(router);
  add_dashboard(router);
  router.add(hub->route("/api/v1/live"));
  if (!options.read_only) {
    open_agent_door();
    router.add(agent_door->route());
    open_terminal_door();
    router.add(terminal_door->route());
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

std::string Server::Parts::workspace_of(std::string_view id) const {
  const auto workspace = folder.local() / std::string(id) / providers::local::kWorkspaceName;
  std::error_code error;
  return std::filesystem::is_directory(workspace, error) ? workspace.string() : std::string();
}

std::int64_t Server::Parts::age_seconds() const {
  constexpr std::int64_t kMicrosPerSecond = 1'000'000;
  return kafka_figures ? kafka_figures->silence().micros / kMicrosPerSecond : 0;
}

void Server::Parts::refused_access(const http::Request& request, int status, std::string_view project) {
  if (request.may_look_again && !request.missed.empty()) return;
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
  const auto project = project_of(id.substr(0, id.find('/')));
  const bool foreign = failure.kind == FailureKind::not_found && project.has_value();
  if (!foreign && failure.kind != FailureKind::forbidden) return;
  const auto code = foreign ? kForeign : std::string_view(failure.code);
  http_watch->count_refusal(static_cast<unsigned>(failure.http_status()), code);
  refusals->note({&caller,
                  failure.http_status(),
                  code,
                  "/api/v1/live",
                  {},
                  foreign ? std::string_view(*project) : std::string_view()});
  logging::write(logging::Level::warning, "subscription refused",
                 {{"stream", stream}, {"code", code}, {"caller", caller.id}});
}

std::string Server::Parts::metrics() const {
  return metrics_text({*engine, *log_figures, *http_watch, http ? http->connections() : 0, hub->metrics(),
                       health->lag(), health->checks(), cluster->view(), kafka_figures.get()});
}

}  // namespace hub::server
