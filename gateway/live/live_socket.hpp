#pragma once
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/http/transport.hpp"
#include "gateway/live/messages.hpp"
#include "gateway/live/outbox.hpp"
#include "gateway/live/topics.hpp"
#include "gateway/live/wire.hpp"

namespace hub::live {

class LiveSocket;
class Shard;

/// One stream on one socket.
struct Subscription {
  enum class State {
    waiting,  ///< behind other openings of the socket
    opening,  ///< frames are taken in and held until the opening is there
    live,
    closed,
  };
  Subscription(LiveSocket& the_socket, std::int64_t the_id, std::string the_stream, std::uint32_t the_scope)
      : socket(the_socket), id(the_id), stream(std::move(the_stream)), scope(the_scope) {}

  LiveSocket& socket;
  const std::int64_t id;
  const std::string stream;
  const std::uint32_t scope;  ///< number within the socket
  SourcePtr source;
  State state = State::waiting;
  bool looked_again = false;  ///< behind what other servers wrote
  std::string after_text;
  std::optional<Cursor> after;
  TopicPtr topic;         ///< from `opening` on
  std::size_t place = 0;  ///< among the topic's subscribers of this shard
  std::vector<LocalPrepared> held;
  std::size_t held_bytes = 0;
  Cursor covered;            ///< what the opening told; frames up to there are dropped
  LocalPrepared last;        ///< the last frame that was queued
  std::string first_cursor;  ///< until there is one
  std::string last_project;  ///< of the last frame, and whether it may be seen
  bool last_visible = false;

  std::string_view cursor() const { return last ? std::string_view(last->cursor) : std::string_view(first_cursor); }
};
using SubscriptionPtr = std::shared_ptr<Subscription>;

/// One WebSocket of a client. Lives on the io thread of its shard.
class LiveSocket : public std::enable_shared_from_this<LiveSocket> {
 public:
  using Clock = std::chrono::steady_clock;

  LiveSocket(std::shared_ptr<Shard> shard, std::shared_ptr<http::Transport> transport, PrincipalPtr principal);
  ~LiveSocket();

  /// Reads until the connection ends. `received` came with the handshake.
  asio::awaitable<void> run(std::string received);
  /// A frame of the subscription's stream.
  void deliver(Subscription& subscription, const LocalPrepared& frame);
  /// Writes what is there.
  void flush();
  /// Pings a silent client, and cuts it off in the end.
  void check_idle(Clock::time_point now);
  /// The closing handshake; what is queued goes out before it.
  void close(CloseCode code, std::string_view reason);
  /// Ends one stream: {"type": "closed", …}.
  void close_stream(const SubscriptionPtr& subscription, std::string_view code);
  void revoke();
  void reauthorise(PrincipalPtr principal);
  const accounts::Principal& principal() const { return *principal_; }

 private:
  enum class Handled { more, end };
  /// False: the connection has come to its end.
  bool handle_received();
  Handled handle(const FrameReader::Event& event);
  void handle_text(std::string_view text);
  void subscribe(ClientMessage message);
  void unsubscribe(const ClientMessage& message);
  std::int64_t age_seconds() const;
  bool take_message_token();

  void open_next();
  /// Asks the source for the one that is being opened.
  void ask_opening();
  /// False: nothing that other servers wrote can change this refusal.
  bool look_again(const Failure& refusal);
  void end_opening(Result<Opening> opening);
  void opened(const SubscriptionPtr& subscription, Result<Opening> opening);
  void begin_stream(const SubscriptionPtr& subscription, const Opening& opening);
  void check_again(const SubscriptionPtr& subscription);
  /// Takes it out of the shard and the table, and tells the source.
  void end(const SubscriptionPtr& subscription);
  void release(const Subscription& subscription);
  void end_all();

  bool visible(Subscription& subscription, const Prepared& frame) const;
  void enqueue(Subscription& subscription, const LocalPrepared& frame);
  void queue_bytes(std::string bytes, std::string cursor = {}, Subscription* subscription = nullptr);
  void say(std::string_view json) { queue_bytes(text_frame(json)); }
  void say_error(std::optional<std::int64_t> id, const Failure& failure);
  void touch();
  void count_sent(std::size_t frames, std::size_t bytes);
  void fail();
  asio::awaitable<void> write_rest();

  std::shared_ptr<Shard> shard_;
  std::shared_ptr<http::Transport> transport_;
  PrincipalPtr principal_;
  FrameReader reader_;
  Outbox outbox_;
  std::map<std::string, SubscriptionPtr, std::less<>> subscriptions_;
  std::deque<SubscriptionPtr> waiting_;
  SubscriptionPtr opening_;
  std::uint32_t next_scope_ = 1;
  Clock::time_point last_heard_;
  Clock::time_point close_by_ = Clock::time_point::max();
  double message_tokens_;
  Clock::time_point tokens_at_;
  asio::steady_timer written_;  // ended when write_rest() is through
  std::size_t allowance_ = 0;   // bytes of openings in the outbox: they are not held against the client
  bool refused_ = false;        // the client broke the protocol: it is not listened to any more
  bool pinged_ = false;
  bool dirty_ = false;
  bool writing_ = false;  // write_rest() is under way
  bool closing_ = false;  // our close frame is queued
  bool failed_ = false;
};

}  // namespace hub::live
