#include "projections/models/keys.hpp"

#include "events/core/varint.hpp"
#include "projections/core/fields.hpp"

namespace hub::model_rows {

std::string row_key(std::string_view id) {
  return kRowTable + std::string(id);
}
std::string list_prefix(std::string_view project) {
  return projections::key_prefix(kListTable, project);
}
std::string name_prefix(std::string_view project, std::string_view name) {
  auto key = projections::key_prefix(kNameTable, project);
  append_sized(key, name);
  return key;
}
std::string sum_key(std::string_view project) {
  return projections::key_prefix(kSumTable, project);
}

}  // namespace hub::model_rows
