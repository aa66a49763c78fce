#include "actors/engine/effect_pool.hpp"

#include <pthread.h>

#include "events/core/ids.hpp"

namespace hub::engine {

EffectPool::EffectPool(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) {
    auto& thread = threads_.emplace_back([this] { work(); });
    pthread_setname_np(thread.native_handle(), "hub-effect");
  }
}

void EffectPool::handle(std::string prefix, Handler handler) {
  const std::lock_guard lock(mutex_);
  handlers_.insert_or_assign(std::move(prefix), std::move(handler));
}

EffectSink* EffectPool::sink_of(const std::string& entity) const {
  const auto found = sinks_.find(prefix_of(entity));
  return found == sinks_.end() ? nullptr : found->second;
}

void EffectPool::withdraw(const std::string& entity, const std::string& name, const std::string& key) {
  if (auto* sink = sink_of(entity)) sink->withdraw(entity, name, key);
}

void EffectPool::start(EffectRequest request) {
  if (auto* sink = sink_of(request.entity)) return sink->start(std::move(request));
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    auto& queue = per_entity_[request.entity];
    // A queue with something in it is ready or under way already.
    if (queue.empty()) ready_.push_back(request.entity);
    queue.push_back(std::move(request));
    ++waiting_;
  }
  wake_.notify_one();
}

void EffectPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
    if (stopping_) return;
    const auto entity = std::move(ready_.front());
    ready_.pop_front();
    const auto request = per_entity_[entity].front();
    const auto handler = handlers_.find(prefix_of(entity));
    HUB_ASSERT(handler != handlers_.end());
    lock.unlock();
    handler->second(request);
    lock.lock();
    --waiting_;
    auto& queue = per_entity_[entity];
    queue.pop_front();
    if (queue.empty()) {
      per_entity_.erase(entity);
    } else {
      ready_.push_back(entity);
      wake_.notify_one();
    }
  }
}

void EffectPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace hub::engine
