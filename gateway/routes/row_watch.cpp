#include "gateway/routes/row_watch.hpp"

namespace hub::routes {

RowWatch::RowWatch(projections::Feed& feed) : feed_(feed) {
  observer_ = feed_.observe([this](const projections::FoldResult& result) { folded(result); });
}

RowWatch::~RowWatch() {
  feed_.unobserve(observer_);
}

std::uint64_t RowWatch::add(const std::string& id, std::function<void()> changed) {
  const std::lock_guard lock(mutex_);
  watchers_[id].emplace(++last_, std::move(changed));
  return last_;
}

void RowWatch::remove(const std::string& id, std::uint64_t watcher) {
  const std::lock_guard lock(mutex_);
  const auto found = watchers_.find(id);
  if (found == watchers_.end()) return;
  found->second.erase(watcher);
  if (found->second.empty()) watchers_.erase(found);
}

void RowWatch::stop() {
  stopped_ = true;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, watchers] : watchers_)
    for (const auto& [watcher, changed] : watchers) changed();
}

void RowWatch::folded(const projections::FoldResult& result) {
  const std::lock_guard lock(mutex_);
  if (watchers_.empty()) return;
  for (const auto& change : result.changes) {
    const auto found = watchers_.find(change.id);
    if (found == watchers_.end()) continue;
    for (const auto& [watcher, changed] : found->second) changed();
  }
}

}  // namespace hub::routes
