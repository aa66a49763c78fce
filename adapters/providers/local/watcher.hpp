#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "adapters/providers/local/files.hpp"
#include "adapters/providers/local/run_files.hpp"

namespace hub::providers::local {

/// One thread that waits on the sockets of all supervisors. No timer: it wakes for what they say.
class Watcher {
 public:
  /// Called on the watcher's thread: with a message, or with nullptr once, when the supervisor is gone.
  using Handler = std::function<void(const Message*)>;

  Watcher();
  /// Stops without another call of any handler.
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// Watches `socket` until it closes; whoever holds the other reference may send on it.
  void watch(std::shared_ptr<const Fd> socket, Handler handler);
  /// Runs `task` on the watcher's thread, behind what was posted before.
  void post(std::function<void()> task);

 private:
  struct Watched {
    std::shared_ptr<const Fd> socket;
    Handler handler;
  };

  void run();
  void run_tasks();
  void handle(std::uint64_t key);

  Fd epoll_, wake_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<const Watched>> watched_;
  std::vector<std::function<void()>> tasks_;
  std::uint64_t next_key_ = 1;  ///< 0 is the wake-up
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::providers::local
