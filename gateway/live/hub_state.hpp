#pragma once
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <map>
#include <memory>
#include <shared_mutex>

#include "gateway/live/hub.hpp"
#include "gateway/live/topics.hpp"

namespace hub::live {

class Shard;

struct HubCounters {
  std::atomic<std::uint64_t> sockets{0}, subscriptions{0}, frames_published{0}, frames_sent{0}, bytes_sent{0},
      frames_coalesced{0}, streams_dropped{0}, messages_received{0}, errors_sent{0}, sockets_idle_closed{0};
};

/// What all parts of a hub share.
struct HubState {
  explicit HubState(HubOptions the_options) : options(std::move(the_options)), pool(options.threads) {}

  HubOptions options;
  Sources sources;
  Topics topics;
  HubCounters counters;
  asio::thread_pool pool;              ///< where sources are called
  std::atomic<std::size_t> asking{0};  ///< calls on the pool that will post to an io thread

  /// Guards the shards, and makes stop() wait for those who publish.
  mutable std::shared_mutex mutex;
  bool stopped = false;
  std::map<const asio::execution_context*, std::shared_ptr<Shard>> shards;

  /// Runs `ask` on the pool and then `told` with its result on `executor`. stop() waits for those.
  template <class Ask, class Told>
  void ask_source(const asio::any_io_executor& executor, Ask ask, Told told) {
    ++asking;
    asio::post(pool, [this, executor, ask = std::move(ask), told = std::move(told)]() mutable {
      auto result = ask();
      // What was asked goes along: what it holds belongs to the io thread, also to let go of it.
      asio::post(executor, [ask = std::move(ask), told = std::move(told), result = std::move(result)]() mutable {
        told(std::move(result));
      });
      if (--asking == 0) asking.notify_all();
    });
  }

  /// What somebody calls once, on any thread, and `told` then gets on `executor`. stop() waits for that.
  template <class Told>
  std::function<void(Result<void>)> told_on(const asio::any_io_executor& executor, Told told) {
    ++asking;
    // What it holds belongs to the io thread, also to let go of it.
    auto kept = std::make_shared<Told>(std::move(told));
    return [this, executor, kept](Result<void> known) {
      asio::post(executor, [told = std::move(*kept), known = std::move(known)]() mutable { told(std::move(known)); });
      if (--asking == 0) asking.notify_all();
    };
  }

  /// Whether the credential of a handshake still opens something.
  bool still_lets_in(const http::Request& request) const;
  /// The shard of an io thread. Null behind stop().
  std::shared_ptr<Shard> shard_of(const asio::any_io_executor& executor);
};

}  // namespace hub::live
