#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "events/core/cursor.hpp"
#include "events/core/result.hpp"
#include "projections/core/place.hpp"

namespace hub::projections {

inline constexpr std::uint32_t kPageSizeDefault = 20;
inline constexpr std::uint32_t kPageSizeMax = 1'000;
/// Rows that `page` reaches, and matches that are counted where no sum is kept.
inline constexpr std::uint64_t kPagedRowsMax = 10'000;

/// Where a page begins that is asked for by number or cursor; none at the beginning. Fails: invalid `list.page`,
/// `list.page_size`, `list.use_cursor`, malformed `cursor.invalid`.
Result<std::optional<Place>> check_page(std::uint32_t page, std::uint32_t page_size,
                                        const std::optional<std::string>& cursor);

struct ListAnswer {
  std::string items;      ///< JSON list
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

}  // namespace hub::projections
