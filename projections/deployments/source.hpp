#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/core/store.hpp"
#include "projections/deployments/list.hpp"

namespace hub::deployments {

/// Walks the rows of several projects in one order, each range through its own iterator: rows themselves, or an
/// index that leads to them. All of it on one snapshot, which outlives it.
class Source {
 public:
  Source(const projections::StoreView& view, Order order);
  ~Source();

  /// Rows of `table` in a project.
  void add_rows(char table, std::string_view project);
  /// Index entries with this prefix; their rows are in kRowTable of the project.
  void add_index(std::string prefix, std::string_view project);
  /// The index that fits the query best, else the rows, of each of its projects.
  static Source of(const projections::StoreView& view, const ListQuery& query);

  /// Goes to the first row behind `after` (need not be there), without it to the first of all.
  void start(const std::optional<Place>& after);
  bool valid() const { return current_ != nullptr; }
  void next();
  /// As bytes of a key; take_place() reads it. Until next().
  std::string_view place() const;
  /// The row's bytes. Until next().
  std::string_view row();

  Source(Source&&) noexcept;

 private:
  struct Range;
  void settle();

  const projections::StoreView* view_;
  Order order_;
  std::vector<std::unique_ptr<Range>> ranges_;
  Range* current_ = nullptr;
};

}  // namespace hub::deployments
