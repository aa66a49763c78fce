#include "projections/core/fields.hpp"
#include "projections/tasks/view.hpp"

namespace hub::task_rows {
namespace {

using projections::append_instant;
using projections::append_signed;
using projections::FieldReader;

constexpr char kRowVersion = 2;
constexpr char kWaits = 1, kHasCall = 2;

Failure corrupt() {
  return internal_failure("projection.corrupt", "a row of a task cannot be read");
}

void append_attempt(std::string& out, const Attempt& attempt) {
  append_instant(out, attempt.started_at);
  append_instant(out, attempt.ended_at);
  append_sized(out, attempt.node);
  append_sized(out, attempt.outcome);
  append_sized(out, attempt.code);
  append_signed(out, attempt.http_status);
  append_sized(out, attempt.detail);
  append_sized(out, attempt.lender);
}

Attempt take_attempt(FieldReader& reader) {
  Attempt attempt;
  attempt.started_at = reader.instant();
  attempt.ended_at = reader.instant();
  attempt.node = reader.part();
  attempt.outcome = reader.part();
  attempt.code = reader.part();
  attempt.http_status = static_cast<std::int32_t>(reader.integer());
  attempt.detail = reader.part();
  attempt.lender = reader.part();
  return attempt;
}

bool take_header(FieldReader& reader, Header& header) {
  if (reader.byte() != kRowVersion) return false;
  const auto status = reader.byte();
  if (status < 0 || status > static_cast<char>(tasks::Status::cancelled)) return false;
  header.status = static_cast<tasks::Status>(status);
  header.priority = reader.byte();
  header.model = reader.part();
  header.type = reader.part();
  header.labels = reader.part();
  return reader.good && header.priority >= tasks::kPriorityMin && header.priority <= tasks::kPriorityMax;
}

}  // namespace

std::string encode_row(const View& view) {
  std::string bytes;
  bytes.reserve(256);
  bytes += kRowVersion;
  bytes += static_cast<char>(view.status);
  bytes += static_cast<char>(view.priority);
  append_sized(bytes, view.model);
  append_sized(bytes, view.type);
  projections::append_labels(bytes, view.labels);
  bytes += static_cast<char>((view.waits ? kWaits : 0) | (view.has_call ? kHasCall : 0));
  append_sized(bytes, view.owner);
  append_signed(bytes, view.timeout.micros);
  append_signed(bytes, view.max_retries);
  append_signed(bytes, view.retry_delay.micros);
  append_instant(bytes, view.run_at);
  append_sized(bytes, view.reason.code);
  append_sized(bytes, view.reason.text);
  append_varint(bytes, view.reason.seq);
  append_signed(bytes, view.attempts_total);
  append_varint(bytes, view.attempts.size());
  for (const auto& attempt : view.attempts) append_attempt(bytes, attempt);
  append_instant(bytes, view.ready_at);
  append_signed(bytes, view.waited.micros);
  append_varint(bytes, view.completed);
  append_signed(bytes, view.usage.prompt_tokens);
  append_signed(bytes, view.usage.completion_tokens);
  append_signed(bytes, view.usage.total_tokens);
  append_signed(bytes, view.cost_usd_micro);
  append_varint(bytes, view.order);
  append_instant(bytes, view.due);
  append_varint(bytes, view.wakings);
  append_instant(bytes, view.updated_at);
  append_varint(bytes, view.version);
  projections::append_position(bytes, view.position);
  return bytes;
}

Result<Header> decode_header(std::string_view bytes) {
  FieldReader reader{bytes};
  Header header;
  if (!take_header(reader, header)) return corrupt();
  return header;
}

Result<View> decode_row(std::string_view bytes, std::string_view id, std::string_view project, Instant created_at) {
  FieldReader reader{bytes};
  Header header;
  if (!take_header(reader, header)) return corrupt();
  View view;
  view.id = id;
  view.project = project;
  view.created_at = created_at;
  view.status = header.status;
  view.priority = header.priority;
  view.model = header.model;
  view.type = header.type;
  std::string_view labels = header.labels, key, value;
  while (take_sized(labels, key) && take_sized(labels, value)) view.labels.emplace(key, value);
  const auto flags = reader.byte();
  view.waits = (flags & kWaits) != 0;
  view.has_call = (flags & kHasCall) != 0;
  view.owner = reader.part();
  view.timeout.micros = reader.integer();
  view.max_retries = static_cast<std::int32_t>(reader.integer());
  view.retry_delay.micros = reader.integer();
  view.run_at = reader.instant();
  view.reason.code = reader.part();
  view.reason.text = reader.part();
  view.reason.seq = reader.number();
  view.attempts_total = static_cast<std::int32_t>(reader.integer());
  const auto attempts = reader.number();
  if (attempts > kAttemptsKept) return corrupt();
  for (std::uint64_t i = 0; i < attempts && reader.good; ++i) view.attempts.push_back(take_attempt(reader));
  view.ready_at = reader.instant();
  view.waited.micros = reader.integer();
  view.completed = reader.number();
  view.usage.prompt_tokens = reader.integer();
  view.usage.completion_tokens = reader.integer();
  view.usage.total_tokens = reader.integer();
  view.cost_usd_micro = reader.integer();
  view.order = reader.number();
  view.due = reader.instant();
  view.wakings = reader.number();
  view.updated_at = reader.instant();
  view.version = reader.number();
  view.position = reader.position();
  if (!reader.good || !reader.bytes.empty()) return corrupt();
  return view;
}

}  // namespace hub::task_rows
