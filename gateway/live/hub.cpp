#include "gateway/live/hub.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/smart_ptr/make_shared.hpp>
#include <future>

#include "gateway/live/shard.hpp"

namespace hub::live {

std::shared_ptr<Shard> HubState::shard_of(const asio::any_io_executor& executor) {
  const asio::execution_context* context = &asio::query(executor, asio::execution::context);
  const std::unique_lock lock(mutex);
  if (stopped) return nullptr;
  auto& shard = shards[context];
  if (!shard) {
    shard = std::make_shared<Shard>(*this, executor);
    shard->start();
  }
  return shard;
}

bool HubState::still_lets_in(const http::Request& request) const {
  const auto credential = http::credential_of(request, true);
  if (!credential) return false;
  const bool by_cookie = credential.value().kind == http::Credential::Kind::session;
  const auto& look_up = by_cookie ? options.authenticate_session : options.authenticate;
  return !look_up || look_up(credential.value().secret) != nullptr;
}

Hub::Hub(HubOptions options) : state_(std::make_shared<HubState>(std::move(options))) {}
Hub::~Hub() {
  stop();
}

void Hub::add_source(std::string pattern, std::shared_ptr<StreamSource> source) {
  state_->sources.add(std::move(pattern), std::move(source));
}

http::Route Hub::route(std::string pattern) {
  http::Route route;
  route.verb = http::Verb::get;
  route.pattern = std::move(pattern);
  route.access = http::Access::token;
  route.upgrade = [this](http::Request& request, http::Upgraded connection) {
    return serve(request, std::move(connection));
  };
  return route;
}

asio::awaitable<void> Hub::serve(http::Request& request, http::Upgraded connection) {
  HUB_ASSERT(request.principal != nullptr);
  const auto shard = state_->shard_of(co_await asio::this_coro::executor);
  if (!shard) {
    connection.transport->close();
    co_return;
  }
  const auto socket = std::make_shared<LiveSocket>(shard, connection.transport, request.principal);
  shard->add(socket);
  // revoke() may have looked for this socket before it was here.
  if (!state_->still_lets_in(request)) socket->revoke();
  co_await socket->run(std::move(connection.received));
  shard->remove(socket);
}

void Hub::publish(std::string_view stream, const Frame& frame) {
  const std::shared_lock lock(state_->mutex);
  if (state_->stopped) return;
  const auto topic = state_->topics.find(stream);
  if (!topic) return;
  auto prepared = boost::make_shared<Prepared>();
  prepared->bytes = text_frame(event_message(stream, frame.cursor, frame.data));
  prepared->mark = frame.mark;
  prepared->cursor = frame.cursor;
  prepared->organisation = frame.organisation;
  prepared->project = frame.project;
  prepared->coalesce_key = frame.coalesce_key;
  ++state_->counters.frames_published;
  const PreparedPtr shared = std::move(prepared);
  for (const auto& [context, shard] : state_->shards) shard->push(topic, shared);
}

bool Hub::watched(std::string_view stream) const {
  return state_->topics.find(stream) != nullptr;
}

void Hub::revoke(std::string_view id) {
  const std::shared_lock lock(state_->mutex);
  if (state_->stopped) return;
  for (const auto& [context, shard] : state_->shards)
    shard->run_on([id = std::string(id)](Shard& here) {
      for (const auto& socket : here.sockets())
        if (socket->principal().id == id || socket->principal().session == id) socket->revoke();
    });
}

void Hub::reauthorise(PrincipalPtr principal) {
  const std::shared_lock lock(state_->mutex);
  if (state_->stopped) return;
  for (const auto& [context, shard] : state_->shards)
    shard->run_on([principal](Shard& here) {
      for (const auto& socket : here.sockets())
        if (socket->principal().id == principal->id && socket->principal().session == principal->session)
          socket->reauthorise(principal);
    });
}

void Hub::stop() {
  std::vector<std::future<void>> told;
  {
    const std::unique_lock lock(state_->mutex);
    if (state_->stopped) return;
    state_->stopped = true;
    for (const auto& [context, shard] : state_->shards) {
      auto done = std::make_shared<std::promise<void>>();
      told.push_back(done->get_future());
      shard->run_on([done](Shard& here) {
        here.close_all();
        done->set_value();
      });
    }
    state_->shards.clear();
  }
  for (const auto& shard : told) shard.wait();
  // Now nobody asks a source any more. Who still does would post to an io thread that the server is about to end.
  for (auto asking = state_->asking.load(); asking > 0; asking = state_->asking.load()) state_->asking.wait(asking);
}

HubMetrics Hub::metrics() const {
  const auto& from = state_->counters;
  return {from.sockets,     from.subscriptions,      from.frames_published, from.frames_sent,
          from.bytes_sent,  from.frames_coalesced,   from.streams_dropped,  from.messages_received,
          from.errors_sent, from.sockets_idle_closed};
}

}  // namespace hub::live
