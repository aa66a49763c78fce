#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "actors/engine/effects.hpp"

namespace hub::engine {

/// Carries out effects on threads of its own, for they block. Effects of one entity run one after the other, in the
/// order in which they were asked for.
class EffectPool final : public EffectSink {
 public:
  /// By id prefix of the entity. May block; must not throw; tells its result by submitting an input.
  using Handler = std::function<void(const EffectRequest&)>;

  explicit EffectPool(std::size_t threads);
  ~EffectPool() override { stop(); }

  /// Before the first effect starts.
  void handle(std::string prefix, Handler handler);
  /// Effects of these entities go to `sink`, which outlives the pool's use; before the first effect starts.
  void hand_over(std::string prefix, EffectSink& sink) { sinks_.insert_or_assign(std::move(prefix), &sink); }
  void start(EffectRequest request) override;
  void withdraw(const std::string& entity, const std::string& name, const std::string& key) override;
  /// Waits for the effects that run; those that wait are left to the agenda of the next start.
  void stop();
  std::size_t waiting() const { return waiting_; }

 private:
  void work();

  EffectSink* sink_of(const std::string& entity) const;

  std::map<std::string, Handler, std::less<>> handlers_;
  std::map<std::string, EffectSink*, std::less<>> sinks_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> ready_;  ///< entities with something to do and nothing under way
  std::unordered_map<std::string, std::deque<EffectRequest>> per_entity_;
  std::atomic<std::size_t> waiting_{0};
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hub::engine
