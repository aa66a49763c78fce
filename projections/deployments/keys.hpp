#pragma once
#include <string>
#include <string_view>

#include "events/core/ids.hpp"
#include "events/core/instant.hpp"
#include "events/deployments/spec.hpp"
#include "projections/core/place.hpp"

namespace hub::deployments {

// Tables, by the first letter of the key. Names of projects, owners and so on are length-prefixed, so that none
// begins another. `place` is created_at and id with every bit turned over: RocksDB walks forwards faster than
// backwards, and lists begin with the newest.
//
//   i id                      → key of its row
//   r project place           → row of one that is not deleted
//   d project place           → row of a deleted one
//   s project status place    → nothing; not deleted ones
//   o project owner place     → nothing; not deleted ones
//   n project name id         → nothing; not deleted ones
//   c what project value      → sum
//   v id version              → row as it was; every kHistoryEvery versions
inline constexpr char kIdTable = 'i';
inline constexpr char kRowTable = 'r';
inline constexpr char kDeletedTable = 'd';
inline constexpr char kStatusTable = 's';
inline constexpr char kOwnerTable = 'o';
inline constexpr char kNameTable = 'n';
inline constexpr char kSumTable = 'c';
inline constexpr char kHistoryTable = 'v';

/// What is summed, each by project and value.
enum class Sum : char {
  status = 's',    ///< deployments by status, deleted ones too
  owner = 'o',     ///< not deleted ones by owner
  provider = 'p',  ///< not deleted ones by provider
  live = 'l',      ///< all that are not deleted; the value is empty
  price = 'm',     ///< micro-USD an hour of those that are charged for, by provider
};

std::string id_key(std::string_view id);
/// Everything of a project in `table` (rows, deleted).
std::string row_prefix(char table, std::string_view project);
std::string status_prefix(std::string_view project, Status status);
std::string owner_prefix(std::string_view project, std::string_view owner);
std::string name_prefix(std::string_view project, std::string_view name);
std::string sum_prefix(Sum what, std::string_view project);
std::string sum_key(Sum what, std::string_view project, std::string_view value);
std::string history_prefix(std::string_view id);
std::string history_key(std::string_view id, Version version);

using projections::append_place;
using projections::Place;
using projections::take_place;

}  // namespace hub::deployments
