#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/core/cursor.hpp"
#include "events/core/result.hpp"
#include "projections/deployments/keys.hpp"
#include "projections/deployments/row.hpp"

namespace hub::deployments {

inline constexpr std::uint32_t kPageSizeDefault = 20;
inline constexpr std::uint32_t kPageSizeMax = 1'000;
/// Rows that `page` reaches, and matches that are counted where no sum is kept.
inline constexpr std::uint64_t kPagedRowsMax = 10'000;
/// Rows that one query looks at for a filter without an index; then it answers what it has, and a cursor.
inline constexpr std::size_t kScanRowsMax = 100'000;

/// By (created_at, id).
enum class Order : std::uint8_t { newest_first, oldest_first };

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
};

struct ListAnswer {
  std::string items;      ///< JSON list of deployments
  std::size_t count = 0;  ///< of items
  std::optional<std::uint64_t> total;
  std::uint64_t total_at_least = 0;   ///< where `total` is not known
  std::optional<std::uint32_t> page;  ///< none when it was asked by cursor
  std::uint32_t page_size = 0;
  std::optional<std::string> next_cursor;  ///< none at the end
  Cursor position;                         ///< of the fold that was read

  /// {items, total, total_at_least?, page, page_size, next_cursor, position}
  std::string to_json() const;
};

/// Fails: invalid `list.page`, `list.page_size`, `list.use_cursor`, malformed `cursor.invalid`.
Result<std::optional<Place>> check(const ListQuery& query);
std::string to_text(const Place& place);

/// Whether a row is one of those asked for, its project aside.
bool matches(const ListQuery& query, const Row& row);

}  // namespace hub::deployments
