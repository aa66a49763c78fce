#include "projections/tasks/keys.hpp"

#include "events/core/varint.hpp"
#include "projections/core/bytes.hpp"
#include "projections/core/fields.hpp"
#include "projections/models/view.hpp"

namespace hub::task_rows {
namespace {

Failure corrupt() {
  return internal_failure("projection.corrupt", "an index of tasks cannot be read");
}

}  // namespace

std::string id_key(std::string_view id) {
  return kIdTable + std::string(id);
}

std::string encode_home(Instant created_at, std::string_view project) {
  std::string bytes;
  projections::append_ordered(bytes, created_at.micros);
  bytes += project;
  return bytes;
}

Result<Home> decode_home(std::string_view bytes) {
  Home home;
  if (!projections::take_ordered(bytes, home.created_at.micros)) return corrupt();
  home.project = bytes;
  return home;
}

std::string row_prefix(std::string_view project) {
  return projections::key_prefix(kRowTable, project);
}

std::string row_key(std::string_view project, Instant created_at, std::string_view id) {
  auto key = row_prefix(project);
  projections::append_place(key, created_at, id);
  return key;
}

std::string status_prefix(std::string_view project, tasks::Status status) {
  auto key = projections::key_prefix(kStatusTable, project);
  key += static_cast<char>(status);
  return key;
}

std::string model_prefix(std::string_view project, std::string_view model, tasks::Status status) {
  auto key = projections::key_prefix(kModelTable, project);
  append_sized(key, model);
  key += static_cast<char>(status);
  return key;
}

std::string line_prefix(char table, std::string_view model, std::int32_t priority) {
  auto key = projections::key_prefix(table, model);
  key += static_cast<char>(model_rows::class_of(priority));
  return key;
}

std::string line_key(char table, std::string_view model, std::int32_t priority, std::uint64_t order) {
  auto key = line_prefix(table, model, priority);
  projections::append_ordered(key, order);
  return key;
}

std::string encode_wait(const Wait& wait) {
  std::string bytes;
  projections::append_instant(bytes, wait.due);
  append_varint(bytes, wait.wakings);
  return bytes;
}

Result<Wait> decode_wait(std::string_view bytes) {
  projections::FieldReader reader{bytes};
  const Wait wait{reader.instant(), reader.number()};
  if (!reader.good) return corrupt();
  return wait;
}

}  // namespace hub::task_rows
