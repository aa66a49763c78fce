#pragma once
#include <string>
#include <string_view>

#include "events/tasks/events.hpp"
#include "projections/core/place.hpp"

namespace hub::task_rows {

// Tables of the projection "tasks" that are about tasks, by the first letter of the key; those about models are in
// projections/models/keys.hpp, the figures in projections/stats/figures.hpp. Names are length-prefixed, so that none
// begins another. `class` is of the priority, the most urgent first.
//
//   i id                          → created_at, project
//   r project place               → row
//   x project status place        → nothing
//   y project model status place  → nothing
//   q model class order           → nothing; pending ones that were ready from the beginning
//   w model class order           → due, wakings; pending ones that got a time to wait for
inline constexpr char kIdTable = 'i';
inline constexpr char kRowTable = 'r';
inline constexpr char kStatusTable = 'x';
inline constexpr char kModelTable = 'y';
inline constexpr char kReadyTable = 'q';
inline constexpr char kTimedTable = 'w';

/// Where the row of a task lies.
struct Home {
  Instant created_at;
  std::string project;
};

std::string id_key(std::string_view id);
std::string encode_home(Instant created_at, std::string_view project);
/// Fails: internal `projection.corrupt`.
Result<Home> decode_home(std::string_view bytes);

std::string row_prefix(std::string_view project);
std::string row_key(std::string_view project, Instant created_at, std::string_view id);
std::string status_prefix(std::string_view project, tasks::Status status);
std::string model_prefix(std::string_view project, std::string_view model, tasks::Status status);
/// `table`: kReadyTable or kTimedTable.
std::string line_prefix(char table, std::string_view model, std::int32_t priority);
std::string line_key(char table, std::string_view model, std::int32_t priority, std::uint64_t order);

/// The value of an entry of kTimedTable.
struct Wait {
  Instant due;
  std::uint64_t wakings = 0;
};
std::string encode_wait(const Wait& wait);
/// Fails: internal `projection.corrupt`.
Result<Wait> decode_wait(std::string_view bytes);

}  // namespace hub::task_rows
