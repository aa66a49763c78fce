#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "projections/core/list_answer.hpp"
#include "projections/core/store.hpp"
#include "projections/tasks/view.hpp"

namespace hub::task_rows {

/// Rows that one query looks at for a filter without an index, and for how long when it has seen the least number of
/// them; then it answers what it has, and a cursor.
inline constexpr std::size_t kScanRowsMax = 100'000, kScanRowsMin = 5'000;
inline constexpr std::chrono::milliseconds kScanTimeMax{35};

struct ListQuery {
  std::vector<std::string> projects;  ///< those the caller asks for and may see
  std::optional<tasks::Status> status;
  std::optional<std::string> model;  ///< id
  std::optional<std::string> type;
  std::optional<std::int32_t> priority;
  std::map<std::string, std::string> labels;  ///< all must be there with these values
  std::string text;  ///< part of the model's name, the id or the value of a label; ASCII letters match in both cases
  Instant from;      ///< made then or later; unset: whenever
  Instant to;        ///< made before; unset: whenever
  std::uint32_t page = 1;  ///< from 1; not used with a cursor
  std::uint32_t page_size = projections::kPageSizeDefault;
  std::optional<std::string> cursor;  ///< next_cursor of an answer to the same query
  std::size_t scan_rows_max = kScanRowsMax;
  std::chrono::milliseconds scan_time_max = kScanTimeMax;
};

/// One that a query found, for who acts on many.
struct Match {
  std::string id;
  std::string model;
  std::string project;
  tasks::Status status = tasks::Status::pending;
};
struct Matches {
  std::vector<Match> items;
  std::optional<std::string> next_cursor;  ///< none at the end
};

/// Fills a page, the newest first. Fails as check_page() does; internal `projection.corrupt`.
Result<projections::ListAnswer> list_page(const projections::StoreView& view, const ListQuery& query);
/// At most query.page_size of them, without their rows. Fails as list_page().
Result<Matches> list_matches(const projections::StoreView& view, const ListQuery& query);

}  // namespace hub::task_rows
