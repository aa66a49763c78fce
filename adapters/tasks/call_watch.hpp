#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/models/outcome.hpp"

namespace hub::models {

/// Somebody who follows the calls of one task. Told on a thread of the caller: must not block.
class CallWatcher {
 public:
  virtual ~CallWatcher() = default;
  /// One chunk of a stream as the endpoint sent it: JSON. `attempt` counts from 1: another one begins anew.
  virtual void on_chunk(std::int32_t attempt, std::string_view json) = 0;
  /// An attempt has ended at this node. Whether another one follows is the model's decision.
  virtual void on_end(std::int32_t attempt, const calls::Outcome& outcome) = 0;
};

/// Who follows which task's calls at this node. Safe from any thread.
class CallWatch {
 public:
  /// Told of every call of the task that ends behind this, and of what comes of it from now on.
  void add(const std::string& task, std::shared_ptr<CallWatcher> watcher);
  void remove(const std::string& task, const CallWatcher* watcher);
  std::vector<std::shared_ptr<CallWatcher>> of(const std::string& task) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::vector<std::shared_ptr<CallWatcher>>> watchers_;
};

}  // namespace hub::models
