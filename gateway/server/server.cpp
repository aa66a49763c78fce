#include "gateway/server/server.hpp"

#include <malloc.h>

#include "gateway/server/open_slots.hpp"
#include "gateway/server/server_parts.hpp"
#include "projections/accounts/dev_login.hpp"

namespace hub::server {
namespace {

constexpr std::size_t kProjectionCacheBytes = 16 << 20;
constexpr std::size_t kProjectionWriteBytes = 16 << 20;
constexpr http::milliseconds kStopPatience{5'000};

}  // namespace

Result<void> Server::Parts::open_log() {
  // What is only read is read where it lies, also when it is a copy.
  if (options.log == cli::LogKind::kafka && !options.read_only) {
    HUB_TRY(node, node_name(options, folder));
    HUB_TRY(state, engine::open_state_store(folder.state()));
    letters = std::make_unique<SharedLetters>(*state, node);
    log_lease = std::make_shared<log::Lease>();
    LogWatch watch{&kafka_figures, [this](kafka::ForeignRecord record) { letters->keep_foreign(std::move(record)); },
                   log_lease};
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
  HUB_TRY(projections, projections::Runner::open(*log, std::move(runner),
                                                 {deployments::make_projection(), task_rows::make_projection()}));
  auto& feed = projections->feed("deployments");
  deployments =
      std::make_unique<deployments::Deployments>(feed, *log, [this](std::string_view host) { return host_away(host); });
  rows = std::make_unique<routes::RowWatch>(feed);
  auto& tasks_feed = projections->feed("tasks");
  models = std::make_unique<model_rows::Models>(tasks_feed, *log);
  tasks = std::make_unique<task_rows::Tasks>(tasks_feed, *log);
  task_row_watch = std::make_unique<routes::RowWatch>(tasks_feed);
  stats = std::make_unique<stats::Stats>(tasks_feed);
  return success();
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
  if (task_calls) task_calls->stop();
  if (engine) engine->stop();
  if (telemetry) telemetry->share(nullptr);
  shared_output.reset();
  // Providers tell nobody any more before what they tell it to goes away.
  providers = {};
  expiry.reset();
  if (terminal_observer != 0) access->table().forget(terminal_observer);
  if (agent_observer != 0) access->table().forget(agent_observer);
  if (revoke_observer != 0) access->table().forget(revoke_observer);
  if (fold_observer != 0) projections->feed("deployments").unobserve(fold_observer);
  if (log_streams) log_streams->stop();
  if (task_streams) task_streams->stop();
  event_publisher.reset();
  rows.reset();
  task_row_watch.reset();
  if (projections) projections->stop();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const cli::ServeOptions& options, std::vector<cli::Setting> settings) {
  // A few arenas: glibc's default of eight a core holds on to far more than a server of this size uses.
  ::mallopt(M_ARENA_MAX, 4);
  auto parts = std::make_unique<Parts>(options);
  parts->settings = std::move(settings);
  HUB_TRY(parts->open_stores());
  HUB_TRY(parts->open_secrets());
  HUB_TRY(parts->open_access());
  HUB_TRY(parts->open_projections());
  HUB_TRY(parts->open_models());
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
