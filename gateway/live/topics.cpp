#include "gateway/live/topics.hpp"

#include <algorithm>

namespace hub::live {
namespace {

std::string_view take_segment(std::string_view& rest) {
  const auto segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
  return segment;
}

bool fits(std::string_view pattern, std::string_view stream) {
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(stream.begin(), stream.end(), '/')) return false;
  while (!pattern.empty()) {
    const auto wanted = take_segment(pattern), given = take_segment(stream);
    if (given.empty() || (!wanted.starts_with('{') && wanted != given)) return false;
  }
  return true;
}

}  // namespace

SourcePtr Sources::find(std::string_view stream) const {
  for (const auto& [pattern, source] : sources_)
    if (fits(pattern, stream)) return source;
  return nullptr;
}

TopicPtr Topics::watch(std::string_view name) {
  const std::unique_lock lock(mutex_);
  auto found = topics_.find(name);
  if (found == topics_.end())
    found = topics_.emplace(std::string(name), std::make_shared<Topic>(std::string(name))).first;
  ++found->second->watchers;
  return found->second;
}

void Topics::unwatch(const TopicPtr& topic) {
  --topic->watchers;
  forget_if_idle(*topic);
}

TopicPtr Topics::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = topics_.find(name);
  return found != topics_.end() && found->second->watchers.load() > 0 ? found->second : nullptr;
}

void Topics::use(Topic& topic, StreamSource& source) {
  const std::lock_guard lock(topic.telling);
  if (topic.users.fetch_add(1) == 0) source.opened(topic.name);
}

void Topics::release(const TopicPtr& topic, StreamSource& source) {
  {
    const std::lock_guard lock(topic->telling);
    if (topic->users.load() == 1) source.closed(topic->name);
    --topic->users;
  }
  forget_if_idle(*topic);
}

void Topics::forget_if_idle(const Topic& topic) {
  // A topic with users stays, or a new one of its name could be opened before this one is closed.
  const std::unique_lock lock(mutex_);
  if (topic.watchers.load() > 0 || topic.users.load() > 0) return;
  const auto found = topics_.find(topic.name);
  if (found != topics_.end() && found->second.get() == &topic) topics_.erase(found);
}

}  // namespace hub::live
