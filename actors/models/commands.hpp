#pragma once
#include <boost/describe.hpp>
#include <string_view>
#include <variant>
#include <vector>

#include "events/models/events.hpp"

namespace hub::models {

// Wishes of users.

/// The name is this model's already. Sent by Names.
struct CreateModel {
  static constexpr std::string_view type = "CreateModel";
  Spec spec;
  Status status = Status::offline;
  std::string names;  ///< the entity that is to be told when the name is free again
};
BOOST_DESCRIBE_STRUCT(CreateModel, (), (spec, status, names))

/// Another name in it is this model's already: then it is sent by Names.
struct ChangeModel {
  static constexpr std::string_view type = "ChangeModel";
  SpecChange change;
};
BOOST_DESCRIBE_STRUCT(ChangeModel, (), (change))

struct SetModelStatus {
  static constexpr std::string_view type = "SetModelStatus";
  Status status = Status::offline;
};
BOOST_DESCRIBE_STRUCT(SetModelStatus, (), (status))

struct DeleteModel {
  static constexpr std::string_view type = "DeleteModel";
};
BOOST_DESCRIBE_STRUCT(DeleteModel, (), ())

/// The model is deleted. Sent by the model.
struct FreeModelName {
  static constexpr std::string_view type = "FreeModelName";
  std::string model;
};
BOOST_DESCRIBE_STRUCT(FreeModelName, (), (model))

struct NewTask {
  std::string task;  ///< its id, on the model's shard
  std::string task_type;
  RawJson input;  ///< checked and sealed by the gateway
  std::int32_t priority = 2;
  std::map<std::string, std::string> labels;
  std::optional<Duration> timeout;
  std::optional<std::int32_t> max_retries;
  std::optional<Duration> retry_delay;
  std::optional<Instant> run_at;
};
BOOST_DESCRIBE_STRUCT(NewTask, (),
                      (task, task_type, input, priority, labels, timeout, max_retries, retry_delay, run_at))

/// Each on its own: those for which there is room are taken; refused only when there was room for none. One that is
/// there already is left as it is.
struct SubmitTasks {
  static constexpr std::string_view type = "SubmitTasks";
  std::vector<NewTask> tasks;
  std::string owner;
};
BOOST_DESCRIBE_STRUCT(SubmitTasks, (), (tasks, owner))

struct CancelTask {
  static constexpr std::string_view type = "CancelTask";
  std::string task;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(CancelTask, (), (task, reason))

struct RetryTask {
  static constexpr std::string_view type = "RetryTask";
  std::string task;
};
BOOST_DESCRIBE_STRUCT(RetryTask, (), (task))

// Reports of whoever makes the calls. Each may come twice, and late.

/// What a call that ended means for what follows.
enum class Verdict { completed, retry, slow_down, never, interrupted, aborted };
BOOST_DESCRIBE_ENUM(Verdict, completed, retry, slow_down, never, interrupted, aborted)

struct ReportCallEnded {
  static constexpr std::string_view type = "ReportCallEnded";
  std::string task;
  Verdict verdict = Verdict::never;
  tasks::AttemptEnd end;
  Duration retry_after;  ///< the endpoint's own wish; 0: none
  RawJson result;        ///< sealed; when completed
  tasks::Usage usage;
};
BOOST_DESCRIBE_STRUCT(ReportCallEnded, (), (task, verdict, end, retry_after, result, usage))

/// The time of a task has come, or the cool-down is over (a timer).
struct Wake {
  static constexpr std::string_view type = "Wake";
};
BOOST_DESCRIBE_STRUCT(Wake, (), ())

// Between models that lend each other slots (events/models/events.hpp).

/// Of the borrower to itself: something may have come to be that another model could take.
struct SeekSlots {
  static constexpr std::string_view type = "SeekSlots";
};
BOOST_DESCRIBE_STRUCT(SeekSlots, (), ())

struct AskSlot {
  static constexpr std::string_view type = "AskSlot";
  std::string borrower;
  std::uint64_t number = 0;
  std::int32_t priority = 2;
};
BOOST_DESCRIBE_STRUCT(AskSlot, (), (borrower, number, priority))

struct GrantSlot {
  static constexpr std::string_view type = "GrantSlot";
  tasks::Loan loan;
};
BOOST_DESCRIBE_STRUCT(GrantSlot, (), (loan))

/// Nothing is lent for now: its endpoint fails, or it is not online. What was asked for is granted when it can be.
struct ReportLenderAway {
  static constexpr std::string_view type = "ReportLenderAway";
  std::string lender;
};
BOOST_DESCRIBE_STRUCT(ReportLenderAway, (), (lender))

struct ReturnSlot {
  static constexpr std::string_view type = "ReturnSlot";
  std::string borrower;
  std::uint64_t number = 0;
  std::uint64_t last = 0;
  SlotUse use = SlotUse::unused;
  std::string code;
  Duration retry_after;
};
BOOST_DESCRIBE_STRUCT(ReturnSlot, (), (borrower, number, last, use, code, retry_after))

using Command = std::variant<SubmitTasks, ReportCallEnded, Wake, CancelTask, RetryTask, CreateModel, ChangeModel,
                             SetModelStatus, DeleteModel, SeekSlots, AskSlot, GrantSlot, ReportLenderAway, ReturnSlot>;

std::string_view type_of_command(const Command& command);
std::string encode_command(const Command& command);

}  // namespace hub::models
