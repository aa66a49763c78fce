#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/core/place.hpp"
#include "projections/core/store.hpp"

namespace hub::projections {

/// By (created_at, id).
enum class Order : std::uint8_t { newest_first, oldest_first };

/// Walks rows of several ranges in one order, each range through its own iterator: rows themselves, or an
/// index that leads to them. All of it on one snapshot, which outlives it.
class Source {
 public:
  /// A walk that may be long (`scans`) leaves the cache to others.
  Source(const StoreView& view, Order order, bool scans);
  ~Source();

  /// Rows themselves; a key is this prefix and a place.
  void add_rows(std::string prefix);
  /// Index entries with this prefix, places behind it; their rows are those with the prefix `rows`.
  void add_index(std::string prefix, std::string rows);

  /// Goes to the first row behind `after` (need not be there), without it to the first of all.
  void start(const std::optional<Place>& after);
  bool valid() const { return current_ != nullptr; }
  void next();
  /// As bytes of a key; take_place() reads it. Until next().
  std::string_view place() const;
  /// The row's bytes. Until next().
  std::string_view row();
  /// Number of the range it is in, in the order in which they were added, from 0.
  std::size_t range() const;

  Source(Source&&) noexcept;

 private:
  struct Range;
  void settle();

  const StoreView* view_;
  Order order_;
  bool scans_;
  std::vector<std::unique_ptr<Range>> ranges_;
  Range* current_ = nullptr;
};

}  // namespace hub::projections
