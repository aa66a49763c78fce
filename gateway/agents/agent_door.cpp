#include "gateway/agents/agent_door.hpp"

#include <pthread.h>

#include <boost/asio/this_coro.hpp>

#include "actors/accounts/names.hpp"
#include "adapters/hosts/host_input.hpp"
#include "gateway/agents/agent_socket.hpp"
#include "gateway/http/guard.hpp"

namespace hub::agents {
namespace {

constexpr int kTimesWithinLease = 3;

/// Whose machine it is going to be. A key of the role host is bound to one name; an admin may attach any machine to the
/// project that he works in.
Result<hosts::HostAgent> owner_of(const http::Request& request) {
  const auto& principal = *request.principal;
  const auto name = request.param("name");
  if (!accounts::is_name(name, accounts::kHostNameSizeMax, ""))
    return invalid("host.name", "1 to 100 letters, digits, '_', '.' or '-', the first no '.'", "name");
  if (principal.host != name && !principal.may(accounts::Role::admin, principal.project))
    return forbidden("auth.forbidden", "this needs a key for this host (role host), or the role admin");
  return hosts::HostAgent{{}, 0, principal.organisation, principal.project};
}

}  // namespace

AgentDoor::AgentDoor(DoorOptions options, routes::Services& services)
    : options_(std::move(options)), services_(services), keeper_([this] { keep_hosts(); }) {
  pthread_setname_np(keeper_.native_handle(), "hub-hosts");
}

AgentDoor::~AgentDoor() {
  stop();
}

http::Route AgentDoor::route() {
  http::Route route;
  route.verb = http::Verb::get;
  route.pattern = "/api/v1/hosts/{name}/agent";
  route.access = http::Access::token;
  route.admit = [](const http::Request& request) -> Result<void> {
    HUB_TRY(owner_of(request));
    return success();
  };
  route.upgrade = [this](http::Request& request, http::Upgraded connection) -> asio::awaitable<void> {
    auto owner = owner_of(request);
    HUB_ASSERT(owner);
    const auto may_still = [this, &request] {
      return services_.access.find(http::bearer_token(request, true), services_.clock()) != nullptr;
    };
    AgentSocket::Peer peer{std::string(request.param("name")), std::move(owner).value(), request.principal->id,
                           request.remote.to_string(), may_still};
    const auto executor = co_await asio::this_coro::executor;
    const auto socket = std::make_shared<AgentSocket>(*this, executor, connection.transport, std::move(peer));
    co_await socket->run(std::move(connection.received));
  };
  return route;
}

std::shared_ptr<AgentSocket> AgentDoor::find(const std::string& host) const {
  const std::lock_guard lock(mutex_);
  const auto found = sockets_.find(host);
  return found == sockets_.end() ? nullptr : found->second;
}

std::size_t AgentDoor::attached() const {
  const std::lock_guard lock(mutex_);
  return sockets_.size();
}

void AgentDoor::give(const engine::EffectRequest& request) {
  const auto socket = find(request.place);
  if (!socket) return;
  Work work{request.entity, request.name, request.key, {request.data}, {}};
  if (deployments::needs_order(request)) {
    const auto data = deployments::decode_effect_data(request.data);
    HUB_ASSERT(data);
    auto order = options_.order_of(request, data.value());
    if (!order) return options_.failed(request, order.error());
    work.order = WorkOrder{std::move(order.value().spec), std::move(order.value().env)};
  }
  // Its row may be stored later than what it asks for is released.
  socket->is_given(request.entity);
  socket->send_when_there_is_room(encode(FromGateway(std::move(work))));
}

Result<void> AgentDoor::attach(const std::shared_ptr<AgentSocket>& socket) {
  const auto& host = socket->peer().host;
  std::shared_ptr<AgentSocket> before;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return unavailable("server.stopping", "the server is stopping; try again");
    auto& place = sockets_[host];
    if (place && place->peer().owner.generation > socket->peer().owner.generation)
      return conflict("host.superseded", "a later connection has taken the place of this one");
    before = std::exchange(place, socket);
    // Within the lock, so that runners hear of it in the order in which it was.
    services_.engine.set_host(host, true);
    if (const auto watched = watched_.find(host); watched != watched_.end())
      for (const auto& [deployment, count] : watched->second)
        socket->send(encode(FromGateway(Watch{deployment, true})));
  }
  if (before) before->refuse(conflict("host.superseded", "a later connection has taken the place of this one"));
  return success();
}

void AgentDoor::detach(const AgentSocket& socket) {
  const std::lock_guard lock(mutex_);
  const auto found = sockets_.find(socket.peer().host);
  if (found == sockets_.end() || found->second.get() != &socket) return;
  services_.engine.set_host(found->first, false);
  sockets_.erase(found);
}

void AgentDoor::revoke(std::string_view principal_id) {
  std::vector<std::shared_ptr<AgentSocket>> those;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [host, socket] : sockets_)
      if (socket->peer().principal == principal_id) those.push_back(socket);
  }
  for (const auto& socket : those) socket->refuse(revoked());
}

std::string AgentDoor::host_of(const std::string& deployment) {
  const auto row = services_.engine.store().entity(deployment);
  if (!row || !row.value()) return {};
  const auto state = deployments::Deployment::decode_state(row.value()->state);
  return state ? state.value().host.value_or("") : std::string();
}

void AgentDoor::watch_metrics(const std::string& deployment, bool watched) {
  const auto host = host_of(deployment);
  if (host.empty()) return;
  const std::lock_guard lock(mutex_);
  auto& of_host = watched_[host];
  auto& count = of_host[deployment];
  const bool before = count > 0;
  count += watched ? 1 : -1;
  const bool now = count > 0;
  if (!now) of_host.erase(deployment);
  if (of_host.empty()) watched_.erase(host);
  const auto socket = sockets_.find(host);
  if (before != now && socket != sockets_.end()) socket->second->send(encode(FromGateway(Watch{deployment, now})));
}

void AgentDoor::keep_hosts() {
  const std::chrono::microseconds every(options_.lease.micros / kTimesWithinLease);
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, every, [this] { return stopping_; })) {
    const auto sockets = sockets_;
    lock.unlock();
    for (const auto& [host, socket] : sockets) keep(socket);
    lock.lock();
  }
}

void AgentDoor::keep(const std::shared_ptr<AgentSocket>& socket) {
  const auto& peer = socket->peer();
  auto input =
      hosts::host_input(peer.host, hosts::KeepHost{socket->running(), peer.owner}, wall_now() + options_.lease);
  // What nobody answers is said again at the next turn.
  static_cast<void>(
      services_.engine.submit(std::move(input), [weak = std::weak_ptr(socket)](const engine::Reply& reply) {
        const auto still = weak.lock();
        if (!still || !reply.refusal) return;
        // Its agent is connected elsewhere by now.
        if (reply.refusal->code == "host.superseded" || reply.refusal->code == "host.not_offered")
          still->refuse(*reply.refusal);
      }));
}

void AgentDoor::stop() {
  std::map<std::string, std::shared_ptr<AgentSocket>, std::less<>> sockets;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    sockets = sockets_;
  }
  wake_.notify_all();
  if (keeper_.joinable()) keeper_.join();
  for (const auto& [host, socket] : sockets)
    socket->refuse(unavailable("server.stopping", "the server is stopping; try again"));
}

}  // namespace hub::agents
