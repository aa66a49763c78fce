#pragma once
#include <string>
#include <string_view>

#include "projections/core/place.hpp"

namespace hub::model_rows {

// Tables of the projection "tasks" that are about models; those about tasks are in projections/tasks/keys.hpp.
//
//   m id                → row
//   l project place     → nothing; those that are not deleted, the newest first
//   n project name id   → nothing; those that are not deleted
//   k project           → sum of those that are not deleted
inline constexpr char kRowTable = 'm';
inline constexpr char kListTable = 'l';
inline constexpr char kNameTable = 'n';
inline constexpr char kSumTable = 'k';

std::string row_key(std::string_view id);
std::string list_prefix(std::string_view project);
std::string name_prefix(std::string_view project, std::string_view name);
std::string sum_key(std::string_view project);

}  // namespace hub::model_rows
