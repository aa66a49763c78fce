#pragma once
#include <boost/describe.hpp>
#include <variant>

#include "events/tasks/events.hpp"

namespace hub::task_rows {

// What rows need of the events of a task: the same without inputs and results, which are not read into memory.

struct Submitted {
  static constexpr std::string_view type = tasks::TaskSubmitted::type;
  std::string task_type;
  std::int32_t priority = 2;
  std::map<std::string, std::string> labels;
  Duration timeout;
  std::int32_t max_retries = 0;
  Duration retry_delay;
  std::optional<Instant> run_at;
  std::string owner;
  bool starts = false;
  std::int64_t place = 0;
};
BOOST_DESCRIBE_STRUCT(Submitted, (),
                      (task_type, priority, labels, timeout, max_retries, retry_delay, run_at, owner, starts, place))

struct Completed {
  static constexpr std::string_view type = tasks::TaskCompleted::type;
  tasks::AttemptEnd end;
  tasks::Usage usage;
  std::int64_t cost_usd_micro = 0;
};
BOOST_DESCRIBE_STRUCT(Completed, (), (end, usage, cost_usd_micro))

using Fact = std::variant<Submitted, Completed, tasks::TaskStarted, tasks::TaskAttemptFailed, tasks::TaskFailed,
                          tasks::TaskCancelled, tasks::TaskCallEnded, tasks::TaskRequeued>;

}  // namespace hub::task_rows
