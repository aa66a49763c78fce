#include "actors/engine/runner_unit.hpp"

#include <caf/intrusive_ptr.hpp>
#include <caf/resumable.hpp>

namespace hub::engine {
namespace {

constexpr std::size_t kMessagesPerTurn = 64;

}  // namespace

void RunnerUnit::drain() {
  while (!ready_.empty()) {
    auto* actor = ready_.front();
    ready_.pop_front();
    switch (actor->resume(this, kMessagesPerTurn)) {
      case caf::resumable::resume_later:
        ready_.push_back(actor);
        break;
      case caf::resumable::done:
      case caf::resumable::awaiting_message:
        caf::intrusive_ptr_release(actor);
        break;
      case caf::resumable::shutdown_execution_unit:
        return;
    }
  }
}

}  // namespace hub::engine
