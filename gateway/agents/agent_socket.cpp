#include "gateway/agents/agent_socket.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "actors/deployments/deployment.hpp"
#include "adapters/hosts/host_input.hpp"
#include "events/core/logging.hpp"
#include "events/core/overloaded.hpp"
#include "gateway/routes/await.hpp"

namespace hub::agents {
namespace {

constexpr std::size_t kReadRoom = 64 * 1'024;
constexpr int kHeartbeatsWithinSilence = 3;
constexpr std::chrono::milliseconds kListedWait{1'000};
constexpr std::chrono::milliseconds kListedStep{2};

/// What a machine may say about a deployment; all else are wishes of users.
bool is_report(std::string_view command) {
  using namespace deployments;
  for (const auto type : {ReportPrepared::type, ReportStarted::type, ReportExited::type, ReportRemoved::type,
                          ReportEffectFailed::type, ReportUnreachable::type, ReportReachable::type})
    if (command == type) return true;
  return false;
}

std::chrono::milliseconds chrono_of(Duration span) {
  return std::chrono::milliseconds(span.micros / 1'000);
}

hosts::OfferHost offer_of(const AgentSocket::Peer& peer, const Hello& hello, Duration lease) {
  hosts::OfferHost offer;
  offer.name = peer.host;
  offer.cpus = hello.cpus;
  offer.memory_bytes = hello.memory_bytes;
  offer.gpus = hello.gpus;
  offer.lease = lease;
  offer.agent = peer.owner;
  offer.replace = hello.replace;
  return offer;
}

}  // namespace

Failure revoked() {
  return {FailureKind::unauthorised, "auth.revoked", "the key has lost its right", "", 0};
}

AgentSocket::AgentSocket(AgentDoor& door, asio::any_io_executor executor, std::shared_ptr<http::Transport> transport,
                         Peer peer)
    : door_(door),
      executor_(std::move(executor)),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      reader_(kAgentMessageBytesMax),
      ticker_(executor_),
      last_heard_(Clock::now()),
      sender_(std::make_shared<live::FrameSender>(executor_, transport_)) {}

asio::awaitable<void> AgentSocket::run(std::string received) {
  asio::co_spawn(
      executor_,
      [](std::shared_ptr<AgentSocket> self) -> asio::awaitable<void> { co_await self->beat(); }(shared_from_this()),
      asio::detached);
  std::vector<char> room(kReadRoom);
  reader_.feed(received);
  while (co_await handle_received()) {
    const auto [error, count] = co_await transport_->read_some(asio::buffer(room));
    if (error) break;
    last_heard_ = Clock::now();
    reader_.feed({room.data(), count});
  }
  end();
}

void AgentSocket::end() {
  if (attached_)
    logging::write(logging::Level::warning, "an agent's connection has ended",
                   {{"host", peer_.host}, {"generation", peer_.owner.generation}});
  door_.detach(*this);
  sender_->end();
  ticker_.cancel();
  transport_->close();
}

/// False: the connection has come to its end.
asio::awaitable<bool> AgentSocket::handle_received() {
  using Kind = live::FrameReader::Event::Kind;
  for (;;) {
    const auto event = reader_.next();
    if (event.kind == Kind::need_more) co_return true;
    if (event.kind == Kind::text) {
      const std::string text(event.payload);
      if (!co_await handle(text)) co_return false;
    } else if (event.kind == Kind::ping) {
      // Who does not read what comes is not answered, either.
      if (sender_->unsent_bytes() >= kUnsentBytesMax) continue;
      std::string pong;
      live::append_frame(pong, live::Opcode::pong, event.payload);
      sender_->queue(std::move(pong));
    } else if (event.kind == Kind::violation) {
      logging::write(logging::Level::warning, "an agent broke the protocol",
                     {{"host", peer_.host}, {"close_code", static_cast<int>(event.code)}});
      sender_->queue_last(live::close_frame(event.code, {}));
      co_return true;
    } else if (event.kind == Kind::close) {
      co_return false;
    }
  }
}

asio::awaitable<bool> AgentSocket::handle(std::string_view text) {
  // Behind our close frame only the other's end is waited for.
  if (sender_->is_closing()) co_return true;
  auto message = decode_from_agent(text);
  Result<void> done = success();
  if (!message) {
    done = message.error();
  } else if (const auto* hello = std::get_if<Hello>(&message.value())) {
    done = co_await attach(*hello);
  } else if (!attached_) {
    done = invalid("agent.message", "hello comes first");
  } else {
    // Named first: GCC 12 destroys a closure twice that is made within a co_await expression.
    const auto work = [&] { return take(message.value()); };
    done = co_await routes::on_blocking(door_.services(), work);
  }
  if (done) co_return true;
  refuse(done.error());
  co_return true;
}

asio::awaitable<Result<void>> AgentSocket::attach(const Hello& hello) {
  if (attached_) co_return invalid("agent.message", "hello comes once");
  if (hello.protocol != kProtocol)
    co_return conflict("agent.protocol", "this server speaks version " + std::to_string(kProtocol) +
                                             " of the protocol: install the same release on both sides");
  if (peer_.host == door_.options().own_host) co_return conflict("host.taken", "this is the name of the server itself");
  peer_.owner.id = hello.agent;
  peer_.owner.generation = hello.generation;
  const auto& lease = door_.options().lease;
  auto input = hosts::host_input(peer_.host, offer_of(peer_, hello, lease), wall_now() + lease);
  const auto reply = co_await routes::send(door_.services(), std::move(input));
  if (!reply) co_return reply.error();
  if (reply.value().refusal) co_return *reply.value().refusal;
  if (reply.value().pending) co_return unavailable("log.unavailable", "nobody has decided it in time; try again");
  co_await until_it_is_listed();
  const auto silence = chrono_of(door_.options().silence);
  Welcome welcome{peer_.host, silence.count() / kHeartbeatsWithinSilence, silence.count()};
  send(encode(FromGateway(std::move(welcome))));
  attached_ = true;
  if (auto taken = door_.attach(shared_from_this()); !taken) co_return std::move(taken).error();
  // A right that went since the request came was looked for among the attached ones, and not found there.
  if (!peer_.may_still()) co_return revoked();
  logging::write(logging::Level::info, "an agent is attached",
                 {{"host", peer_.host},
                  {"agent", peer_.owner.id},
                  {"generation", peer_.owner.generation},
                  {"version", hello.version},
                  {"principal", peer_.principal},
                  {"address", peer_.address}});
  co_return success();
}

Result<void> AgentSocket::take(const FromAgent& message) {
  return std::visit(overloaded{[](const Hello&) -> Result<void> { return success(); },
                               [this](const Alive& alive) -> Result<void> {
                                 running_ = alive.running;
                                 return success();
                               },
                               [this](const Report& report) { return take_report(report); },
                               [this](const Lines& lines) { return take_lines(lines); },
                               [this](const Sample& sample) { return take_sample(sample); },
                               [this](const Removed& removed) -> Result<void> {
                                 if (!is_of_this_host(removed.deployment)) return success();
                                 door_.options().copies.drop(removed.deployment);
                                 door_.options().removed(removed.deployment);
                                 return success();
                               }},
                    message);
}

/// A machine speaks for what runs on it, and for nothing else.
bool AgentSocket::is_of_this_host(const std::string& deployment) {
  {
    const std::lock_guard lock(mutex_);
    if (known_.count(deployment) > 0) return true;
  }
  if (door_.host_of(deployment) != peer_.host) return false;
  is_given(deployment);
  return true;
}

void AgentSocket::is_given(const std::string& deployment) {
  const std::lock_guard lock(mutex_);
  known_.insert(deployment);
}

/// The rows are stored behind the answer: whoever is told that the host is attached may deploy there at once.
asio::awaitable<void> AgentSocket::until_it_is_listed() {
  asio::steady_timer timer(executor_);
  for (auto left = kListedWait; left.count() > 0; left -= kListedStep) {
    const auto row = door_.services().engine.store().entity(hosts::host_id(peer_.host));
    if (row && row.value()) {
      const auto state = hosts::Host::decode_state(row.value()->state);
      if (state && state.value().agent == peer_.owner) co_return;
    }
    timer.expires_after(kListedStep);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

Result<void> AgentSocket::take_lines(Lines lines) {
  const auto& id = lines.deployment;
  if (!is_of_this_host(id)) return success();
  auto& copies = door_.options().copies;
  if (lines.lines.empty()) {
    send(encode(FromGateway(Kept{id, copies.last_line(id)})));
    return success();
  }
  HUB_TRY(const auto last, copies.keep_lines(id, telemetry::from_line_json(std::move(lines.lines))));
  send(encode(FromGateway(Kept{id, last})));
  door_.options().grown(id, last);
  return success();
}

Result<void> AgentSocket::take_sample(const Sample& sample) {
  if (!is_of_this_host(sample.deployment)) return success();
  const providers::MetricSample kept{sample.at, {sample.values.begin(), sample.values.end()}};
  if (door_.options().copies.keep_sample(sample.deployment, kept)) door_.options().sampled(sample.deployment, kept);
  return success();
}

Result<void> AgentSocket::take_report(const Report& report) {
  if (!is_report(report.command)) return invalid("agent.message", "is no report", "command");
  if (!is_of_this_host(report.entity)) return success();
  engine::Input input;
  input.source = engine::Input::Source::effect;
  input.entity = report.entity;
  input.type = report.command;
  input.data = report.data.text;
  input.actor = "system";
  // What is refused while the server stops is owed by the agenda, and asked for again behind the next attaching.
  static_cast<void>(door_.services().engine.submit(std::move(input)));
  // Nothing more is heard of it: a connection may last for years.
  if (report.command == deployments::ReportRemoved::type) {
    const std::lock_guard lock(mutex_);
    known_.erase(report.entity);
  }
  return success();
}

void AgentSocket::send(std::string message) {
  sender_->queue(live::text_frame(message));
}

void AgentSocket::send_when_there_is_room(std::string message) {
  // A connection that does not take it is cut when its silence is over.
  sender_->wait_for_less_than(kUnsentBytesMax);
  send(std::move(message));
}

void AgentSocket::refuse(const Failure& why) {
  logging::write(logging::Level::warning, "an agent is refused",
                 {{"host", peer_.host}, {"address", peer_.address}, {"code", why.code}, {"why", why.detail}});
  send(encode(FromGateway(Refused{why.code, why.detail})));
  sender_->queue_last(live::close_frame(live::CloseCode::policy, why.code));
}

/// Lets the agent hear of this side, and cuts it when nothing is heard of it.
asio::awaitable<void> AgentSocket::beat() {
  const auto silence = chrono_of(door_.options().silence);
  for (;;) {
    ticker_.expires_after(silence / kHeartbeatsWithinSilence);
    const auto [error] = co_await ticker_.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto now = Clock::now();
    if (sender_->has_ended()) co_return;
    if (error) continue;
    bool over = sender_->is_overdue(now);
    if (now - last_heard_ >= silence && !over) {
      over = true;
      logging::write(logging::Level::warning, "nothing is heard of an agent", {{"host", peer_.host}});
    }
    if (over) co_return transport_->cancel();
    if (attached_) send(encode(FromGateway(Beat{})));
  }
}

}  // namespace hub::agents
