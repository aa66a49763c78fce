#include "gateway/live/live_socket.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/smart_ptr/make_local_shared.hpp>

#include "gateway/live/shard.hpp"

namespace hub::live {
namespace {

constexpr std::size_t kReadRoom = 4096;

}  // namespace

LiveSocket::LiveSocket(std::shared_ptr<Shard> shard, std::shared_ptr<http::Transport> transport, PrincipalPtr principal)
    : shard_(std::move(shard)),
      transport_(std::move(transport)),
      principal_(std::move(principal)),
      reader_(shard_->state().options.message_bytes_max),
      outbox_(shard_->state().options.coalesce_from),
      last_heard_(Clock::now()),
      message_tokens_(shard_->state().options.messages_burst),
      tokens_at_(last_heard_),
      written_(shard_->executor(), Clock::time_point::max()) {
  ++shard_->state().counters.sockets;
}

LiveSocket::~LiveSocket() {
  --shard_->state().counters.sockets;
}

asio::awaitable<void> LiveSocket::run(std::string received) {
  std::array<char, kReadRoom> room;
  reader_.feed(received);
  bool going = handle_received();
  while (going && !failed_ && !refused_) {
    const auto [error, count] = co_await transport_->read_some(asio::buffer(room));
    if (error) break;
    last_heard_ = Clock::now();
    pinged_ = false;
    reader_.feed({room.data(), count});
    going = handle_received();
  }
  end_all();
  close_by_ = std::min(close_by_, Clock::now() + shard_->state().options.close_timeout);
  // What is queued, a close frame at the end, is still owed to a client that reads.
  if (writing_ && !failed_) co_await written_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!failed_) co_await transport_->finish();
  // What a refused client still sends is thrown away: closing on unread bytes would take the reason from it.
  while (refused_ && !failed_) {
    const auto [error, count] = co_await transport_->read_some(asio::buffer(room));
    if (error) break;
  }
  failed_ = true;
  transport_->close();
}

bool LiveSocket::handle_received() {
  bool going = true;
  while (going && !refused_) {
    const auto event = reader_.next();
    if (event.kind == FrameReader::Event::Kind::need_more) break;
    going = handle(event) == Handled::more;
  }
  flush();
  return going;
}

LiveSocket::Handled LiveSocket::handle(const FrameReader::Event& event) {
  using Kind = FrameReader::Event::Kind;
  switch (event.kind) {
    case Kind::text:
      ++shard_->state().counters.messages_received;
      // Behind our close frame nothing is answered; only the client's own is waited for.
      if (!closing_) handle_text(event.payload);
      return Handled::more;
    case Kind::ping: {
      std::string pong;
      append_frame(pong, Opcode::pong, event.payload);
      if (!closing_ && take_message_token()) queue_bytes(std::move(pong));
      return Handled::more;
    }
    case Kind::close:
      close(event.code, {});
      return Handled::end;
    case Kind::violation:
      close(event.code, {});
      refused_ = true;
      return Handled::more;
    case Kind::pong:
    case Kind::binary:  // not spoken here: a violation
    case Kind::need_more:
      return Handled::more;
  }
  return Handled::more;
}

std::int64_t LiveSocket::age_seconds() const {
  const auto& age = shard_->state().options.age_seconds;
  return age ? age() : 0;
}

bool LiveSocket::take_message_token() {
  const auto& options = shard_->state().options;
  const auto now = Clock::now();
  message_tokens_ = std::min<double>(
      options.messages_burst,
      message_tokens_ + std::chrono::duration<double>(now - tokens_at_).count() * options.messages_per_second);
  tokens_at_ = now;
  if (message_tokens_ < 1) {
    say_error({}, {FailureKind::too_many, "live.too_fast", "too many messages a second", {}, 0});
    close(CloseCode::policy, "live.too_fast");
    return false;
  }
  message_tokens_ -= 1;
  return true;
}

void LiveSocket::handle_text(std::string_view text) {
  if (!take_message_token()) return;
  std::optional<std::int64_t> id;
  auto message = parse_message(text, id);
  if (!message) return say_error(id, message.error());
  switch (message.value().kind) {
    case ClientMessage::Kind::ping:
      return say(pong_message(age_seconds()));
    case ClientMessage::Kind::subscribe:
      return subscribe(std::move(message).value());
    case ClientMessage::Kind::unsubscribe:
      return unsubscribe(message.value());
  }
}

bool LiveSocket::visible(Subscription& subscription, const Prepared& frame) const {
  if (!frame.organisation.empty() && frame.organisation != principal_->organisation) return false;
  if (frame.project.empty()) return true;
  // Neighbouring frames are mostly of one project, and then no table is looked at.
  if (frame.project != subscription.last_project) {
    subscription.last_project = frame.project;
    subscription.last_visible = principal_->may(accounts::Role::viewer, frame.project);
  }
  return subscription.last_visible;
}

void LiveSocket::deliver(Subscription& subscription, const LocalPrepared& frame) {
  if (closing_ || failed_ || !visible(subscription, *frame)) return;
  if (subscription.state == Subscription::State::live) return enqueue(subscription, frame);
  if (subscription.state != Subscription::State::opening) return;
  subscription.held.push_back(frame);
  subscription.held_bytes += frame->bytes.size();
  if (subscription.held_bytes > shard_->state().options.queue_bytes_max) {
    ++shard_->state().counters.streams_dropped;
    close_stream(subscriptions_.find(subscription.stream)->second, "slow_consumer");
  }
}

void LiveSocket::enqueue(Subscription& subscription, const LocalPrepared& frame) {
  if (subscription.covered.covers(frame->mark.index, frame->mark.seq)) return;
  auto& counters = shard_->state().counters;
  if (const auto replaced = outbox_.push(frame, subscription.scope)) counters.frames_coalesced += replaced;
  subscription.last = frame;
  touch();
  if (outbox_.bytes() <= shard_->state().options.queue_bytes_max + allowance_) return;
  // The frame that went over the limit still goes out, so the cursor that is told is behind it.
  ++counters.streams_dropped;
  close_stream(subscriptions_.find(subscription.stream)->second, "slow_consumer");
}

void LiveSocket::queue_bytes(std::string bytes, std::string cursor, Subscription* subscription) {
  if (failed_) return;
  auto frame = boost::make_local_shared<Prepared>();
  frame->bytes = std::move(bytes);
  frame->cursor = std::move(cursor);
  LocalPrepared shared = std::move(frame);
  if (subscription != nullptr) subscription->last = shared;
  outbox_.push(std::move(shared), 0);
  touch();
  // Answers are small, but a client that asks and never reads must not fill the memory with them.
  const auto& options = shard_->state().options;
  if (subscription == nullptr && !closing_ && outbox_.bytes() > 2 * options.queue_bytes_max + options.message_bytes_max)
    close(CloseCode::policy, "slow_consumer");
}

void LiveSocket::say_error(std::optional<std::int64_t> id, const Failure& failure) {
  ++shard_->state().counters.errors_sent;
  say(error_message(id, failure));
}

void LiveSocket::touch() {
  // In a turn of the shard all sockets write at its end; elsewhere who queues something also flushes.
  if (dirty_ || !shard_->in_turn()) return;
  dirty_ = true;
  shard_->mark_dirty(*this);
}

void LiveSocket::count_sent(std::size_t frames, std::size_t bytes) {
  auto& counters = shard_->state().counters;
  counters.frames_sent.fetch_add(frames, std::memory_order_relaxed);
  counters.bytes_sent.fetch_add(bytes, std::memory_order_relaxed);
}

void LiveSocket::flush() {
  dirty_ = false;
  if (outbox_.empty()) allowance_ = 0;
  std::array<asio::const_buffer, Outbox::kFramesPerWrite> buffers;
  while (!writing_ && !failed_ && !outbox_.empty()) {
    const std::size_t count = outbox_.gather(buffers);
    error_code error;
    const std::size_t sent = transport_->try_write(http::Buffers(buffers.data(), count), error);
    count_sent(outbox_.sent(sent), sent);
    if (!error) continue;
    if (error != asio::error::would_block && error != asio::error::try_again) return fail();
    writing_ = true;
    asio::co_spawn(
        shard_->executor(),
        [](std::shared_ptr<LiveSocket> self) -> asio::awaitable<void> {
          co_await self->write_rest();
        }(shared_from_this()),
        asio::detached);
  }
  open_next();
}

asio::awaitable<void> LiveSocket::write_rest() {
  std::array<asio::const_buffer, Outbox::kFramesPerWrite> buffers;
  while (!failed_ && !outbox_.empty()) {
    const std::size_t count = outbox_.gather(buffers);
    const auto [error, sent] = co_await transport_->write(http::Buffers(buffers.data(), count));
    if (error) fail();
    if (!failed_) count_sent(outbox_.sent(sent), sent);
    open_next();
  }
  writing_ = false;
  written_.cancel();
}

void LiveSocket::fail() {
  failed_ = true;
  transport_->cancel();
}

void LiveSocket::check_idle(Clock::time_point now) {
  auto& state = shard_->state();
  if (now >= close_by_) return fail();
  const auto silent = now - last_heard_;
  if (silent >= state.options.idle_timeout) {
    ++state.counters.sockets_idle_closed;
    return fail();
  }
  if (silent >= state.options.idle_timeout / 2 && !pinged_ && !closing_) {
    pinged_ = true;
    std::string ping;
    append_frame(ping, Opcode::ping, {});
    queue_bytes(std::move(ping));
    flush();
  }
}

void LiveSocket::close(CloseCode code, std::string_view reason) {
  if (closing_) return;
  end_all();
  queue_bytes(close_frame(code, reason));
  closing_ = true;
  close_by_ = Clock::now() + shard_->state().options.close_timeout;
}

}  // namespace hub::live
