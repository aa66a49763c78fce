#include "adapters/tasks/task_seals.hpp"

#include "events/core/json.hpp"

namespace hub::models {
namespace {

std::string place_of(std::string_view task, std::string_view part) {
  std::string place(task);
  place += '/';
  place += part;
  return place;
}

}  // namespace

Result<std::string> seal_part(secrets::Sealer& sealer, std::string_view subject, std::string_view task,
                              std::string_view part, std::string_view json) {
  HUB_TRY(const auto sealed, sealer.seal(subject, json, place_of(task, part)));
  return json_string(sealed);
}

std::optional<Result<std::string>> seal_part_at_once(secrets::Sealer& sealer, std::string_view subject,
                                                     std::string_view task, std::string_view part,
                                                     std::string_view json) {
  auto sealed = sealer.seal_at_once(subject, json, place_of(task, part));
  if (sealed && *sealed) return Result<std::string>(json_string(sealed->value()));
  return sealed;
}

Result<std::string> open_part(secrets::Sealer& sealer, std::string_view task, std::string_view part,
                              std::string_view sealed) {
  // A seal is base64 and ids: no letter of it is escaped.
  if (sealed.size() < 2 || sealed.front() != '"' || sealed.back() != '"')
    return malformed("sealed.malformed", "not a sealed text");
  HUB_TRY(const auto bytes, sealer.open(sealed.substr(1, sealed.size() - 2), place_of(task, part)));
  return std::string(bytes.view());
}

}  // namespace hub::models
