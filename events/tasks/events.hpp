#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "events/core/ids.hpp"
#include "events/core/instant.hpp"
#include "events/core/json.hpp"

namespace hub::tasks {

// Facts about one task, entity "tsk_…", parent its model. They are the model's decisions, for it has the queue.

inline constexpr std::string_view kTaskPrefix = "tsk_";

enum class Status { pending, running, completed, failed, cancelled };
BOOST_DESCRIBE_ENUM(Status, pending, running, completed, failed, cancelled)

/// The least and the most urgent.
inline constexpr std::int32_t kPriorityMin = 1, kPriorityMax = 3;

/// Whose fact it is; the record says so itself, so it is no member of the JSON.
struct OfTask {
  std::string task;
  Version version = 0;
  bool operator==(const OfTask&) const = default;
};

struct Usage {
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t total_tokens = 0;
  bool operator==(const Usage&) const = default;
};
BOOST_DESCRIBE_STRUCT(Usage, (), (prompt_tokens, completion_tokens, total_tokens))

/// How an attempt ended. Numbered from 1 within the task.
struct AttemptEnd {
  std::int32_t attempt = 0;
  std::string outcome;  ///< "completed" | "failed" | "timed_out" | "interrupted" | "aborted"
  std::string code;     ///< of schemas/failures.yaml; empty when completed
  std::int32_t http_status = 0;
  std::string detail;
  std::string node;  ///< that made the call
  Instant ended_at;
  std::int32_t failures_in_a_row = 0;  ///< of the model, behind this one; a cool-down counts them anew
  std::optional<std::string> lender;   ///< the model that was called, when it was another one
  bool operator==(const AttemptEnd&) const = default;
};
BOOST_DESCRIBE_STRUCT(AttemptEnd, (),
                      (attempt, outcome, code, http_status, detail, node, ended_at, failures_in_a_row, lender))

/// A slot of another model, lent for one call.
struct Loan {
  std::string lender;        ///< the other model
  std::uint64_t number = 0;  ///< of what was asked for
  RawJson spec;              ///< how the lender is described: JSON of models::Spec
  bool operator==(const Loan&) const = default;
};
BOOST_DESCRIBE_STRUCT(Loan, (), (lender, number, spec))

/// Always the first event of a task.
struct TaskSubmitted : OfTask {
  static constexpr std::string_view type = "computehub.task.submitted.v1";
  std::string task_type;
  RawJson input;              ///< x-sealed
  std::int32_t priority = 2;  ///< 3 before 2 before 1
  std::map<std::string, std::string> labels;
  Duration timeout;
  std::int32_t max_retries = 0;
  Duration retry_delay;
  std::optional<Instant> run_at;  ///< not before
  std::string owner;              ///< principal
  bool starts = false;            ///< a slot was free: its first attempt has begun
  std::int64_t place = 0;         ///< in the queue, 1: next; 0: it starts, or waits for a time
  bool operator==(const TaskSubmitted&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskSubmitted, (),
                      (task_type, input, priority, labels, timeout, max_retries, retry_delay, run_at, owner, starts,
                       place))

/// It waited, and has a slot now.
struct TaskStarted : OfTask {
  static constexpr std::string_view type = "computehub.task.started.v1";
  std::int32_t attempt = 0;
  std::optional<Loan> loan;  ///< absent: a slot of its own model
  bool operator==(const TaskStarted&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskStarted, (), (attempt, loan))

/// An attempt failed, and another one is to follow.
struct TaskAttemptFailed : OfTask {
  static constexpr std::string_view type = "computehub.task.attempt_failed.v1";
  AttemptEnd end;
  std::int32_t retries = 0;         ///< that are used up; one that was interrupted uses none
  std::optional<Instant> retry_at;  ///< absent: as soon as there is a slot, before all that were submitted later
  bool operator==(const TaskAttemptFailed&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskAttemptFailed, (), (end, retries, retry_at))

struct TaskCompleted : OfTask {
  static constexpr std::string_view type = "computehub.task.completed.v1";
  AttemptEnd end;
  RawJson result;  ///< x-sealed
  Usage usage;
  std::int64_t cost_usd_micro = 0;
  bool operator==(const TaskCompleted&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskCompleted, (), (end, result, usage, cost_usd_micro))

struct TaskFailed : OfTask {
  static constexpr std::string_view type = "computehub.task.failed.v1";
  AttemptEnd end;
  bool operator==(const TaskFailed&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskFailed, (), (end))

/// Nobody wants it any longer. When an attempt was under way its slot is held until the call has ended.
struct TaskCancelled : OfTask {
  static constexpr std::string_view type = "computehub.task.cancelled.v1";
  std::string reason;
  bool operator==(const TaskCancelled&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskCancelled, (), (reason))

/// The call of a cancelled attempt has ended, which frees its slot.
struct TaskCallEnded : OfTask {
  static constexpr std::string_view type = "computehub.task.call_ended.v1";
  AttemptEnd end;
  bool operator==(const TaskCallEnded&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskCallEnded, (), (end))

/// A user wants a failed or cancelled one again: it waits behind those that are there.
struct TaskRequeued : OfTask {
  static constexpr std::string_view type = "computehub.task.requeued.v1";
  bool starts = false;  ///< a slot was free
  bool operator==(const TaskRequeued&) const = default;
};
BOOST_DESCRIBE_STRUCT(TaskRequeued, (), (starts))

}  // namespace hub::tasks
