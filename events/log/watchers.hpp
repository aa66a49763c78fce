#pragma once
#include <map>
#include <mutex>

#include "events/log/log.hpp"

namespace hub::log {

/// Who is told of commits. One lock over everything: no watcher runs twice at once, and remove() waits for one that
/// runs. A watcher must not add or remove watchers.
class Watchers {
 public:
  std::uint64_t add(Log::Watcher watcher) {
    const std::lock_guard lock(mutex_);
    watchers_.emplace(++last_id_, std::move(watcher));
    return last_id_;
  }
  void remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    watchers_.erase(id);
  }
  void tell(const std::vector<BatchPtr>& batches) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, watcher] : watchers_) watcher(batches);
  }

 private:
  std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Log::Watcher> watchers_;
};

}  // namespace hub::log
