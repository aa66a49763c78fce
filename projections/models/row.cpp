#include "events/core/json_codec.hpp"
#include "projections/core/fields.hpp"
#include "projections/models/view.hpp"

namespace hub::model_rows {
namespace {

using projections::append_instant;
using projections::append_signed;

constexpr char kRowVersion = 1;
constexpr char kKnown = 1, kDeleted = 2, kTried = 4;

Failure corrupt() {
  return internal_failure("projection.corrupt", "a row of a model cannot be read");
}

char flags_of(const View& view) {
  return static_cast<char>((view.known ? kKnown : 0) | (view.deleted ? kDeleted : 0) | (view.tried ? kTried : 0));
}

}  // namespace

std::string encode_row(const View& view) {
  std::string bytes{kRowVersion, static_cast<char>(view.status), flags_of(view)};
  for (const auto* part :
       {&view.id, &view.organisation, &view.project, &view.owner, &view.name, &view.spec, &view.cool_code})
    append_sized(bytes, *part);
  append_signed(bytes, view.max_workers);
  append_instant(bytes, view.cool_until);
  for (const auto count : view.tasks) append_signed(bytes, count);
  append_signed(bytes, view.calls);
  append_varint(bytes, view.submissions);
  append_varint(bytes, view.wakings);
  append_instant(bytes, view.woken_at);
  append_signed(bytes, view.per_end.micros);
  append_instant(bytes, view.last_end);
  for (const auto& line : view.lines) {
    append_signed(bytes, line.ready);
    append_signed(bytes, line.timed);
    append_varint(bytes, line.first);
  }
  append_instant(bytes, view.created_at);
  append_instant(bytes, view.updated_at);
  append_varint(bytes, view.version);
  projections::append_position(bytes, view.position);
  return bytes;
}

Result<View> decode_row(std::string_view bytes) {
  projections::FieldReader reader{bytes};
  View view;
  if (reader.byte() != kRowVersion) return corrupt();
  const auto status = reader.byte();
  if (status < 0 || status > static_cast<char>(models::Status::draining)) return corrupt();
  view.status = static_cast<models::Status>(status);
  const auto flags = reader.byte();
  view.known = (flags & kKnown) != 0;
  view.deleted = (flags & kDeleted) != 0;
  view.tried = (flags & kTried) != 0;
  for (auto* part : {&view.id, &view.organisation, &view.project, &view.owner, &view.name, &view.spec, &view.cool_code})
    *part = reader.part();
  view.max_workers = static_cast<std::int32_t>(reader.integer());
  view.cool_until = reader.instant();
  for (auto& count : view.tasks) count = reader.integer();
  view.calls = reader.integer();
  view.submissions = reader.number();
  view.wakings = reader.number();
  view.woken_at = reader.instant();
  view.per_end.micros = reader.integer();
  view.last_end = reader.instant();
  for (auto& line : view.lines) {
    line.ready = reader.integer();
    line.timed = reader.integer();
    line.first = reader.number();
  }
  view.created_at = reader.instant();
  view.updated_at = reader.instant();
  view.version = reader.number();
  view.position = reader.position();
  if (!reader.good || !reader.bytes.empty()) return corrupt();
  return view;
}

}  // namespace hub::model_rows
