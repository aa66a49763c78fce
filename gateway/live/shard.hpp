#pragma once
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gateway/live/hub_state.hpp"
#include "gateway/live/live_socket.hpp"

namespace hub::live {

/// The sockets of one io thread. All but push() and run_on() is called on that thread.
class Shard : public std::enable_shared_from_this<Shard> {
 public:
  using Clock = std::chrono::steady_clock;

  Shard(HubState& state, asio::any_io_executor executor);
  void start();

  /// Takes a frame in for the subscribers of `topic`. Any thread.
  void push(const TopicPtr& topic, const PreparedPtr& frame);
  /// Runs `action` on the shard's thread, before any frame that is pushed later is delivered: who has lost a right gets
  /// nothing behind it, who has gained one misses nothing. Any thread.
  void run_on(std::function<void(Shard&)> action);

  void add(const std::shared_ptr<LiveSocket>& socket) { sockets_.insert(socket); }
  void remove(const std::shared_ptr<LiveSocket>& socket) { sockets_.erase(socket); }
  void subscribe(Subscription& subscription);
  void unsubscribe(Subscription& subscription);
  /// Frames are being delivered.
  bool in_turn() const { return in_turn_; }
  /// The socket has something to write; it does so at the end of this turn.
  void mark_dirty(LiveSocket& socket);
  const std::unordered_set<std::shared_ptr<LiveSocket>>& sockets() const { return sockets_; }
  const asio::any_io_executor& executor() const { return executor_; }
  HubState& state() { return state_; }
  /// Closes every socket with 1001.
  void close_all();

 private:
  struct Arrived {
    TopicPtr topic;
    PreparedPtr frame;
  };
  void drain();
  void act();
  void deliver(const Arrived& arrived);
  void flush_dirty();
  asio::awaitable<void> tick_forever();

  HubState& state_;
  asio::any_io_executor executor_;
  asio::steady_timer pace_;
  asio::steady_timer ticker_;
  Clock::time_point next_drain_{};
  std::unordered_map<const Topic*, std::vector<Subscription*>> subscribers_;
  std::unordered_set<std::shared_ptr<LiveSocket>> sockets_;
  std::vector<std::shared_ptr<LiveSocket>> dirty_;

  bool in_turn_ = false;
  bool stopping_ = false;

  std::mutex mutex_;
  std::vector<Arrived> inbox_;                        // under mutex_
  bool scheduled_ = false;                            // under mutex_: drain() will run
  std::vector<std::function<void(Shard&)>> actions_;  // under mutex_
  std::vector<Arrived> working_;
};

}  // namespace hub::live
