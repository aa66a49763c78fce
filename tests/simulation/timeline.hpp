#pragma once
#include <functional>
#include <queue>
#include <vector>

#include "events/core/instant.hpp"

namespace hub::simulation {

/// What will happen, in order of time, then of being planned.
class Timeline {
 public:
  using Action = std::function<void()>;

  void at(Instant time, Action action) { planned_.push({time, ++count_, std::move(action)}); }
  bool empty() const { return planned_.empty(); }
  Instant next() const { return planned_.top().time; }
  Action take() {
    // The queue gives no way to move out of its top; the element is gone right after.
    auto action = std::move(const_cast<Planned&>(planned_.top()).action);
    planned_.pop();
    return action;
  }

 private:
  struct Planned {
    Instant time;
    std::uint64_t number;
    Action action;
    bool operator<(const Planned& other) const {
      return other.time < time || (other.time == time && other.number < number);
    }
  };
  std::priority_queue<Planned> planned_;
  std::uint64_t count_ = 0;
};

}  // namespace hub::simulation
