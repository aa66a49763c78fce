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
  void start(EffectRequest request) override;
  /// Waits for the effects that run; those that wait are left to the agenda of the next start.
  void stop();
  std::size_t waiting() const { return waiting_; }

 private:
  void work();

  std::map<std::string, Handler, std::less<>> handlers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> ready_;  ///< entities with something to do and nothing under way
  std::unordered_map<std::string, std::deque<EffectRequest>> per_entity_;
  std::atomic<std::size_t> waiting_{0};
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hub::engine
