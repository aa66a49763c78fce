#include "actors/engine/unscheduled.hpp"

#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/group.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <mutex>
#include <utility>
#include <vector>

#include "actors/engine/runner_unit.hpp"
#include "events/core/result.hpp"

namespace hub::engine {
namespace {

/// Every actor cancels its time-outs when it ends; nothing else here is ever asked for.
class NoClock final : public caf::actor_clock {
 public:
  void set_ordinary_timeout(time_point, caf::abstract_actor*, caf::atom_value, uint64_t) override { refuse(); }
  void set_multi_timeout(time_point, caf::abstract_actor*, caf::atom_value, uint64_t) override { refuse(); }
  void set_request_timeout(time_point, caf::abstract_actor*, caf::message_id) override { refuse(); }
  void cancel_ordinary_timeout(caf::abstract_actor*, caf::atom_value) override {}
  void cancel_request_timeout(caf::abstract_actor*, caf::message_id) override {}
  void cancel_timeouts(caf::abstract_actor*) override {}
  void schedule_message(time_point, caf::strong_actor_ptr, caf::mailbox_element_ptr) override { refuse(); }
  void schedule_message(time_point, caf::group, caf::strong_actor_ptr, caf::message) override { refuse(); }
  void cancel_all() override {}

 private:
  static void refuse() { HUB_ASSERT(false); }
};

class Unscheduled final : public caf::scheduler::abstract_coordinator {
 public:
  explicit Unscheduled(caf::actor_system& system) : abstract_coordinator(system) {}

  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the system takes it.
  static module* make(caf::actor_system& system, caf::detail::type_list<>) { return new Unscheduled(system); }

  void start() override {}
  void stop() override {
    RunnerUnit unit(&system());
    for (auto waiting = take(); !waiting.empty(); waiting = take()) {
      for (auto* actor : waiting) unit.exec_later(actor);
      unit.drain();
    }
  }
  void enqueue(caf::resumable* actor) override {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(actor);
  }
  caf::actor_clock& clock() noexcept override { return clock_; }

 private:
  std::vector<caf::resumable*> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

  NoClock clock_;
  std::mutex mutex_;
  std::vector<caf::resumable*> waiting_;
};

}  // namespace

UnscheduledConfig::UnscheduledConfig() {
  load<Unscheduled>();
}

}  // namespace hub::engine
