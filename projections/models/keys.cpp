#include "projections/models/keys.hpp"

#include "events/core/varint.hpp"

namespace hub::model_rows {
namespace {

std::string prefix(char table, std::string_view first) {
  std::string key(1, table);
  append_sized(key, first);
  return key;
}

}  // namespace

std::string row_key(std::string_view id) {
  return kRowTable + std::string(id);
}
std::string list_prefix(std::string_view project) {
  return prefix(kListTable, project);
}
std::string name_prefix(std::string_view project, std::string_view name) {
  auto key = prefix(kNameTable, project);
  append_sized(key, name);
  return key;
}
std::string sum_key(std::string_view project) {
  return prefix(kSumTable, project);
}

}  // namespace hub::model_rows
