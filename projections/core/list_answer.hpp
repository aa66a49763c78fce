#pragma once
#include <cstdint>
#include <functional>
#include <memory>
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

/// The pages of a list one after the other, all of the same rows, which are held as long as this lives; each call
/// answers the next, until one has no next_cursor. A page may be empty and not the last. One call at a time.
using Pages = std::function<Result<ListAnswer>()>;

/// Pages of `query`, which `list(view, query)` answers from a snapshot of `store`, `page_size` rows at a time.
template <class Store, class Query, class List>
Pages pages_of(std::shared_ptr<Store> store, Query query, std::uint32_t page_size, List list) {
  query.page = 1;
  query.page_size = page_size;
  // The snapshot is let go of before its store.
  struct Held {
    explicit Held(std::shared_ptr<Store> of) : store(std::move(of)), view(store->view()) {}
    std::shared_ptr<Store> store;
    decltype(std::declval<Store>().view()) view;
  };
  return [held = std::make_shared<Held>(std::move(store)), query = std::move(query),
          list = std::move(list)]() mutable -> Result<ListAnswer> {
    auto answer = list(held->view, query);
    if (answer) query.cursor = answer.value().next_cursor;
    return answer;
  };
}

}  // namespace hub::projections
