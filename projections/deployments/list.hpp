#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/core/result.hpp"
#include "projections/core/list_answer.hpp"
#include "projections/core/source.hpp"
#include "projections/deployments/keys.hpp"
#include "projections/deployments/row.hpp"

namespace hub::deployments {

using projections::kPagedRowsMax;
using projections::kPageSizeDefault;
using projections::kPageSizeMax;
using projections::ListAnswer;
using projections::Order;
/// Rows that one query looks at for a filter without an index; then it answers what it has, and a cursor.
inline constexpr std::size_t kScanRowsMax = 100'000;

struct ListQuery {
  std::vector<std::string> projects;  ///< those the caller asks for and may see
  std::optional<Status> status;       ///< without `deleted` here, deleted ones are left out
  std::optional<std::string> owner;
  std::optional<std::string> provider;
  std::map<std::string, std::string> labels;  ///< all must be there with these values
  std::string text;       ///< part of name, id or the value of a label; ASCII letters match in both cases
  std::string name;       ///< exactly this one
  std::string id_prefix;  ///< of the id, with its "dep_"
  Order order = Order::newest_first;
  std::uint32_t page = 1;  ///< from 1; not used with a cursor
  std::uint32_t page_size = kPageSizeDefault;
  std::optional<std::string> cursor;  ///< next_cursor of an answer to the same query
  std::size_t scan_rows_max = kScanRowsMax;
  bool counts = true;  ///< false: who goes on by cursor wants no total
};

/// Fails: invalid `list.page`, `list.page_size`, `list.use_cursor`, malformed `cursor.invalid`.
Result<std::optional<Place>> check(const ListQuery& query);

/// Whether a row is one of those asked for, its project aside.
bool matches(const ListQuery& query, const Row& row);

}  // namespace hub::deployments
