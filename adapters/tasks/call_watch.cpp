#include "adapters/tasks/call_watch.hpp"

#include <algorithm>

namespace hub::models {

void CallWatch::add(const std::string& task, std::shared_ptr<CallWatcher> watcher) {
  const std::lock_guard lock(mutex_);
  watchers_[task].push_back(std::move(watcher));
}

void CallWatch::remove(const std::string& task, const CallWatcher* watcher) {
  const std::lock_guard lock(mutex_);
  const auto found = watchers_.find(task);
  if (found == watchers_.end()) return;
  std::erase_if(found->second, [&](const auto& each) { return each.get() == watcher; });
  if (found->second.empty()) watchers_.erase(found);
}

std::vector<std::shared_ptr<CallWatcher>> CallWatch::of(const std::string& task) const {
  const std::lock_guard lock(mutex_);
  const auto found = watchers_.find(task);
  return found == watchers_.end() ? std::vector<std::shared_ptr<CallWatcher>>{} : found->second;
}

}  // namespace hub::models
