// The streams of a socket: how they begin, and how they end.
#include <boost/asio/post.hpp>

#include "gateway/live/live_socket.hpp"
#include "gateway/live/shard.hpp"

namespace hub::live {
namespace {

constexpr std::size_t kStreamNameMax = 256;

/// A cursor that covers nothing. It stands before a snapshot: a client that was cut off there gets the snapshot again.
std::string cursor_before_snapshot(const Cursor& cursor) {
  return to_text(Cursor{cursor.incarnation, {}});
}

}  // namespace

void LiveSocket::subscribe(ClientMessage message) {
  auto& state = shard_->state();
  const auto refuse = [&](const Failure& failure) { say_error(message.id, failure); };
  if (subscriptions_.contains(message.stream))
    return refuse(conflict("live.already_subscribed", "this socket has that stream"));
  if (subscriptions_.size() >= state.options.subscriptions_max)
    return refuse({FailureKind::too_many,
                   "live.too_many_subscriptions",
                   "a socket has at most " + std::to_string(state.options.subscriptions_max) + " streams",
                   {},
                   0});
  auto source = message.stream.size() <= kStreamNameMax ? state.sources.find(message.stream) : nullptr;
  if (!source) return refuse(not_found("live.unknown_stream", "there is no such stream"));
  auto subscription = std::make_shared<Subscription>(*this, *message.id, message.stream, next_scope_++);
  if (message.after) {
    auto cursor = parse_cursor(*message.after);
    if (!cursor) {
      Failure failure = std::move(cursor).error();
      failure.field = "after";
      return refuse(failure);
    }
    // One that covers nothing was given out before a snapshot.
    if (!cursor.value().seqs.empty()) {
      subscription->after = std::move(cursor).value();
      subscription->after_text = std::move(*message.after);
    }
  }
  subscription->source = std::move(source);
  subscriptions_.emplace(message.stream, subscription);
  ++state.counters.subscriptions;
  waiting_.push_back(std::move(subscription));
  open_next();
}

void LiveSocket::unsubscribe(const ClientMessage& message) {
  auto found = subscriptions_.end();
  if (!message.stream.empty()) {
    found = subscriptions_.find(message.stream);
  } else {
    for (auto next = subscriptions_.begin(); next != subscriptions_.end() && found == subscriptions_.end(); ++next)
      if (next->second->id == *message.id) found = next;
  }
  if (found == subscriptions_.end())
    return say_error(message.id, not_found("live.not_subscribed", "this socket has no such subscription"));
  const auto subscription = found->second;
  end(subscription);
  say(unsubscribed_message(message.id.value_or(subscription->id)));
}

void LiveSocket::open_next() {
  auto& state = shard_->state();
  // One at a time, and only while the client takes what it is sent: a thousand snapshots never wait in memory at once.
  if (opening_ || waiting_.empty() || failed_ || closing_) return;
  if (outbox_.bytes() > state.options.queue_bytes_max / 2) return;
  opening_ = std::move(waiting_.front());
  waiting_.pop_front();
  // From here on frames are held, and only then the source is asked: what is published meanwhile is not missed.
  opening_->state = Subscription::State::opening;
  opening_->topic = state.topics.watch(opening_->stream);
  shard_->subscribe(*opening_);
  ask_opening();
}

void LiveSocket::ask_opening() {
  auto& state = shard_->state();
  auto ask = [&state, subscription = opening_, principal = principal_]() -> Result<Opening> {
    StreamSource& source = *subscription->source;
    state.topics.use(*subscription->topic, source);
    auto allowed = source.authorise(*principal, subscription->stream);
    if (!allowed) return std::move(allowed).error();
    return source.open(subscription->stream, *principal, subscription->after);
  };
  auto told = [self = shared_from_this(), subscription = opening_, principal = principal_](Result<Opening> opening) {
    if (!opening && self->look_again(opening.error())) return;
    self->end_opening(std::move(opening));
    if (subscription->state == Subscription::State::live && principal != self->principal_)
      self->check_again(subscription);
    self->flush();
  };
  state.ask_source(shard_->executor(), std::move(ask), std::move(told));
}

bool LiveSocket::look_again(const Failure& refusal) {
  auto& state = shard_->state();
  const bool is_missing = refusal.kind == FailureKind::not_found || refusal.kind == FailureKind::forbidden;
  if (!is_missing || !state.options.catch_up || opening_->looked_again) return false;
  if (opening_->state == Subscription::State::closed) return false;
  opening_->looked_again = true;
  auto told = [self = shared_from_this(), refusal](const Result<void>& known) {
    // Behind the end of the hub nobody is asked any more; all its streams are closed then.
    if (known && self->opening_->state != Subscription::State::closed) return self->ask_opening();
    self->end_opening(known ? refusal : known.error());
    self->flush();
  };
  state.options.catch_up(*principal_, opening_->stream, state.told_on(shard_->executor(), std::move(told)));
  return true;
}

void LiveSocket::end_opening(Result<Opening> opening) {
  const auto subscription = std::exchange(opening_, nullptr);
  opened(subscription, std::move(opening));
}

void LiveSocket::opened(const SubscriptionPtr& subscription, Result<Opening> opening) {
  if (subscription->state == Subscription::State::closed) {
    // It ended meanwhile; the source could not be told then, because it was being asked.
    release(*subscription);
    return;
  }
  if (opening) return begin_stream(subscription, opening.value());
  const auto& told = shard_->state().options.refused;
  if (told) told(*principal_, subscription->stream, opening.error());
  say_error(subscription->id, opening.error());
  end(subscription);
}

void LiveSocket::begin_stream(const SubscriptionPtr& subscription, const Opening& opening) {
  const std::string& stream = subscription->stream;
  const std::string cursor = to_text(opening.cursor);
  const std::size_t before = outbox_.bytes();
  subscription->state = Subscription::State::live;
  subscription->covered = opening.cursor;
  subscription->first_cursor = opening.recovered  ? subscription->after_text
                               : opening.snapshot ? cursor_before_snapshot(opening.cursor)
                                                  : cursor;
  if (subscription->first_cursor.empty()) subscription->first_cursor = cursor;
  say(subscribed_message(subscription->id, stream, opening.recovered, subscription->first_cursor));
  if (!opening.recovered && opening.snapshot)
    queue_bytes(text_frame(snapshot_message(stream, cursor, *opening.snapshot)), cursor, subscription.get());
  if (opening.recovered)
    for (const auto& missed : opening.missed)
      queue_bytes(text_frame(event_message(stream, missed.cursor, missed.data)), missed.cursor, subscription.get());
  allowance_ += outbox_.bytes() - before;
  const auto held = std::move(subscription->held);
  for (const auto& frame : held)
    if (subscription->state == Subscription::State::live) enqueue(*subscription, frame);
}

void LiveSocket::end(const SubscriptionPtr& subscription) {
  if (subscription->state == Subscription::State::closed) return;
  auto& state = shard_->state();
  const auto was = subscription->state;
  subscription->state = Subscription::State::closed;
  subscription->held.clear();
  subscriptions_.erase(subscription->stream);
  --state.counters.subscriptions;
  if (was == Subscription::State::waiting) {
    std::erase(waiting_, subscription);
    return;
  }
  shard_->unsubscribe(*subscription);
  state.topics.unwatch(subscription->topic);
  if (subscription == opening_) return;  // opened() tells the source
  release(*subscription);
}

void LiveSocket::release(const Subscription& subscription) {
  // Without the subscription itself: its frames are counted on this thread only.
  auto& state = shard_->state();
  asio::post(state.pool, [&state, topic = subscription.topic, source = subscription.source] {
    state.topics.release(topic, *source);
  });
}

void LiveSocket::end_all() {
  while (!subscriptions_.empty()) end(SubscriptionPtr(subscriptions_.begin()->second));
}

void LiveSocket::close_stream(const SubscriptionPtr& subscription, std::string_view code) {
  if (subscription->state == Subscription::State::closed) return;
  std::string cursor(subscription->cursor());
  // Nothing was sent yet: the client goes on from where it wanted to.
  if (cursor.empty()) cursor = subscription->after_text;
  const SubscriptionPtr kept = subscription;
  end(kept);
  say(closed_message(kept->stream, code, cursor));
}

void LiveSocket::revoke() {
  while (!subscriptions_.empty()) close_stream(SubscriptionPtr(subscriptions_.begin()->second), "auth.revoked");
  close(CloseCode::policy, "auth.revoked");
  flush();
}

void LiveSocket::reauthorise(PrincipalPtr principal) {
  principal_ = std::move(principal);
  for (const auto& [stream, subscription] : subscriptions_) {
    subscription->last_project.clear();
    // One that is being opened is looked at when its opening is there.
    if (subscription->state == Subscription::State::live) check_again(subscription);
  }
}

void LiveSocket::check_again(const SubscriptionPtr& subscription) {
  auto ask = [subscription, principal = principal_] {
    return subscription->source->authorise(*principal, subscription->stream).has_value();
  };
  auto told = [self = shared_from_this(), subscription](bool allowed) {
    if (allowed) return;
    self->close_stream(subscription, "auth.revoked");
    self->flush();
  };
  shard_->state().ask_source(shard_->executor(), std::move(ask), std::move(told));
}

}  // namespace hub::live
