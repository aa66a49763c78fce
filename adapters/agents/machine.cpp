#include "adapters/agents/machine.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "events/core/logging.hpp"
#include "events/core/overloaded.hpp"

namespace hub::agents {
namespace {

constexpr std::size_t kEffectThreads = 8;

std::string key_of(const engine::EffectRequest& request) {
  return request.entity + '/' + request.name + '/' + request.key;
}

}  // namespace

Machine::Machine(const std::filesystem::path& folder)
    : effects_(
          providers_,
          [this](const engine::EffectRequest& request, const deployments::EffectData&) { return take_order(request); },
          [this](engine::Input input) { report(std::move(input)); }) {
  providers::local::LocalOptions options;
  options.folder = (folder / "local").string();
  local_ = std::make_shared<providers::local::LocalProvider>(options, *this);
  providers_.add(local_);
  lines_ = std::make_unique<LineSender>(*local_, [this](const Lines& lines) { send(lines); });
  pool_ = std::make_unique<engine::EffectPool>(kEffectThreads);
  pool_->handle(std::string(deployments::kDeploymentPrefix),
                [this](const engine::EffectRequest& request) { effects_.run(request); });
  ready_ = true;
}

Machine::~Machine() {
  cut();
  pool_->stop();
  // Its threads tell nobody any more before what they tell it to goes away.
  providers_ = {};
  lines_->stop();
  ready_ = false;
  local_.reset();
}

void Machine::describe(Hello& hello) {
  hello.version = HUB_VERSION;
  hello.cpus = std::max(1, static_cast<std::int32_t>(std::thread::hardware_concurrency()));
  hello.memory_bytes = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  if (const auto offers = local_->offers())
    for (const auto& each : offers.value())
      if (each.gpu_count > 0) hello.gpus.push_back({each.gpu_model, each.gpu_count});
}

std::int32_t Machine::running() {
  const auto all = local_->list();
  if (!all) return 0;
  return static_cast<std::int32_t>(std::count_if(all.value().begin(), all.value().end(), [](const auto& observed) {
    return observed.state == providers::RunState::running;
  }));
}

void Machine::connected(Send send) {
  {
    const std::lock_guard lock(sending_);
    send_ = std::move(send);
  }
  std::vector<std::string> held;
  if (const auto all = local_->list())
    for (const auto& observed : all.value()) held.push_back(observed.id);
  lines_->connected(held);
}

void Machine::cut() {
  {
    const std::lock_guard lock(sending_);
    send_ = nullptr;
  }
  lines_->cut();
  const std::lock_guard lock(watched_mutex_);
  for (const auto& deployment : watched_) local_->watch_metrics(deployment, false);
  watched_.clear();
}

void Machine::watch(const std::string& deployment, bool watched) {
  const std::lock_guard lock(watched_mutex_);
  const bool changed = watched ? watched_.insert(deployment).second : watched_.erase(deployment) > 0;
  if (changed) local_->watch_metrics(deployment, watched);
}

void Machine::send(const FromAgent& message) {
  const std::lock_guard lock(sending_);
  if (send_) send_(encode(message));
}

Result<void> Machine::take(const FromGateway& message) {
  return std::visit(overloaded{[&](const Work& one) { return work(one); },
                               [&](const Kept& one) -> Result<void> {
                                 lines_->kept(one.deployment, one.seq);
                                 return success();
                               },
                               [&](const Watch& one) -> Result<void> {
                                 watch(one.deployment, one.watched);
                                 return success();
                               },
                               [](const auto&) -> Result<void> { return success(); }},
                    message);
}

Result<void> Machine::work(const Work& work) {
  engine::EffectRequest request{work.entity, work.name, work.key, work.data.text};
  const auto data = deployments::decode_effect_data(request.data);
  if (!data || !deployments::is_effect(request.name)) return invalid("agent.message", "is no work for a machine");
  if (deployments::needs_order(request)) {
    if (!work.order) return invalid("agent.message", "must be there", "order");
    providers::CreateOrder order{work.entity, work.order->spec, work.order->env};
    const std::lock_guard lock(orders_mutex_);
    orders_.emplace(key_of(request), std::move(order));
  }
  logging::write(logging::Level::debug, "work", {{"entity", request.entity}, {"effect", request.name}});
  pool_->start(std::move(request));
  return success();
}

providers::CreateOrder Machine::take_order(const engine::EffectRequest& request) {
  const std::lock_guard lock(orders_mutex_);
  auto found = orders_.extract(key_of(request));
  HUB_ASSERT(!found.empty());
  return std::move(found.mapped());
}

void Machine::report(engine::Input input) {
  const auto tell = [this, message = Report{input.entity, input.type, {input.data}}] { send(message); };
  // Whoever follows the output has it all when he hears of the end.
  if (input.type == deployments::ReportExited::type)
    lines_->behind(input.entity, tell);
  else
    tell();
}

void Machine::on_exit(const std::string& deployment_id, const providers::Exit& exit) {
  if (ready_) effects_.exited(deployment_id, exit);
}

void Machine::on_removed(const std::string& deployment_id) {
  lines_->removed(deployment_id);
  send(Removed{deployment_id});
}

void Machine::on_log(const std::string& deployment_id, std::uint64_t) {
  if (ready_) lines_->grown(deployment_id);
}

void Machine::on_metrics(const std::string& deployment_id, const providers::MetricSample& sample) {
  send(Sample{deployment_id, sample.at, {sample.values.begin(), sample.values.end()}});
}

}  // namespace hub::agents
