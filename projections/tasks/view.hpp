#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/tasks/events.hpp"
#include "projections/core/projection.hpp"
#include "projections/models/view.hpp"

namespace hub::task_rows {

/// The newest attempts that are kept; how many there were is counted.
inline constexpr std::size_t kAttemptsKept = 100;
/// Of what an attempt or a reason says for people.
inline constexpr std::size_t kDetailBytesMax = 1'024;

/// Why a task has its status. What is empty follows from `code`.
struct Reason {
  std::string code;  ///< listed in schemas/failures.yaml: "task.started", or of the failure
  std::string text;
  Seq seq = 0;  ///< of the event that says so
  bool operator==(const Reason&) const = default;
};

struct Attempt {
  Instant started_at;
  Instant ended_at;     ///< unset while it lasts
  std::string node;     ///< that made the call; known when it has ended
  std::string outcome;  ///< as AttemptEnd has it
  std::string code;
  std::int32_t http_status = 0;
  std::string detail;
  std::string lender;  ///< the model that was called, when it was another one
  bool operator==(const Attempt&) const = default;
};

/// One task without what is sealed: input and result stay in its events.
struct View {
  std::string id;
  std::string model;
  std::string project;
  std::string owner;
  std::string type;
  std::int32_t priority = 2;
  std::map<std::string, std::string> labels;
  Duration timeout;
  std::int32_t max_retries = 0;
  Duration retry_delay;
  Instant run_at;  ///< as it was submitted; unset: at once
  tasks::Status status = tasks::Status::pending;
  Reason reason;
  std::vector<Attempt> attempts;
  std::int32_t attempts_total = 0;
  Instant ready_at;       ///< since it was submitted, or sent again, it could have been started from here on
  Duration waited;        ///< until the first attempt behind that
  bool waits = false;     ///< no attempt has begun behind that
  bool has_call = false;  ///< it uses a slot
  Version completed = 0;  ///< version of the event that has the result; 0: there is none
  tasks::Usage usage;
  std::int64_t cost_usd_micro = 0;
  std::uint64_t order = 0;    ///< of its submission
  Instant due;                ///< while it is pending: not before
  std::uint64_t wakings = 0;  ///< of its model, when it began to wait for that
  Instant created_at;
  Instant updated_at;
  Version version = 0;
  Position position;
  bool operator==(const View&) const = default;
};

/// Whether it waits for a time that has not come.
bool is_delayed(const View& view, const model_rows::View& model);

/// Folds one event into a task and its model; pure. On a failure both are as they were. Fails: internal
/// `projection.version_gap` when it does not follow; what from_json fails with.
Result<void> apply(std::optional<View>& view, model_rows::View& model, const projections::Recorded& recorded);

std::string encode_row(const View& view);
/// A row of the task with this id in this project. Fails: internal `projection.corrupt`.
Result<View> decode_row(std::string_view bytes, std::string_view id, std::string_view project, Instant created_at);

/// What filters look at, without reading the rest. Points into the bytes.
struct Header {
  tasks::Status status = tasks::Status::pending;
  std::int32_t priority = 2;
  std::string_view model;
  std::string_view type;
  std::string_view labels;  ///< length-prefixed keys and values in turn
};
/// Fails: internal `projection.corrupt`.
Result<Header> decode_header(std::string_view bytes);

/// Where a pending task stands, as of now.
struct Standing {
  std::string pending_reason;             ///< "no_free_slot (5 of 5)", "delayed (2026-03-01T12:00:00.000000Z)", …
  std::optional<std::uint64_t> position;  ///< 1: next; none: it waits for a time, or too many are to be counted
  Instant estimated_start_at;             ///< unset: not known
};
/// Why a pending task does not run; empty for others.
std::string pending_reason(const View& view, const model_rows::View& model);
/// From the model's pace; unset where it is not known.
Instant estimated_start(const View& view, const model_rows::View& model, std::uint64_t position, Instant now);

/// Appends {id, model_id, model, type, priority, status, reason, pending_reason?, position?, estimated_start_at?,
/// run_at?, timeout, max_retries, retry_delay, attempts, attempts_total, usage, cost_usd_micro, labels, project, owner,
/// created_at, updated_at, version}. Input and result are not in it.
void append_answer(std::string& out, const View& view, std::string_view model_name, const Standing& standing);

}  // namespace hub::task_rows
