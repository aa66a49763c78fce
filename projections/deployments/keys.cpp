#include "projections/deployments/keys.hpp"

#include "events/core/varint.hpp"
#include "projections/core/bytes.hpp"
#include "projections/core/fields.hpp"

namespace hub::deployments {

std::string id_key(std::string_view id) {
  return kIdTable + std::string(id);
}
std::string row_prefix(char table, std::string_view project) {
  return projections::key_prefix(table, project);
}

std::string status_prefix(std::string_view project, Status status) {
  return projections::key_prefix(kStatusTable, project) + static_cast<char>(status);
}

std::string owner_prefix(std::string_view project, std::string_view owner) {
  auto key = projections::key_prefix(kOwnerTable, project);
  append_sized(key, owner);
  return key;
}

std::string name_prefix(std::string_view project, std::string_view name) {
  auto key = projections::key_prefix(kNameTable, project);
  append_sized(key, name);
  return key;
}

std::string sum_prefix(Sum what, std::string_view project) {
  std::string key{kSumTable, static_cast<char>(what)};
  append_sized(key, project);
  return key;
}

std::string sum_key(Sum what, std::string_view project, std::string_view value) {
  auto key = sum_prefix(what, project);
  append_sized(key, value);
  return key;
}

std::string history_prefix(std::string_view id) {
  return projections::key_prefix(kHistoryTable, id);
}

std::string history_key(std::string_view id, Version version) {
  auto key = history_prefix(id);
  projections::append_ordered(key, version);
  return key;
}

}  // namespace hub::deployments
