#pragma once
#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>
#include <deque>

namespace hub::engine {

/// Actors woken through this unit are resumed by the runner, on the runner's thread, in the order they were woken:
/// no scheduler hop, no lock, a fixed order. Used by one thread at a time.
class RunnerUnit final : public caf::execution_unit {
 public:
  explicit RunnerUnit(caf::actor_system* system) : caf::execution_unit(system) {}
  ~RunnerUnit() override { drain(); }

  void exec_later(caf::resumable* actor) override { ready_.push_back(actor); }

  /// Runs until no actor has a message left.
  void drain();

 private:
  std::deque<caf::resumable*> ready_;
};

}  // namespace hub::engine
