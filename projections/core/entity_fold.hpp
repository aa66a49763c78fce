#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "projections/core/projection.hpp"
#include "projections/core/rows.hpp"

namespace hub::projections {

/// A row that only leads to another: index entries have empty values.
struct Link {
  std::string key;
  std::string value;
  bool operator==(const Link&) const = default;
};
/// What one entity adds to a sum.
struct Share {
  std::string key;
  std::int64_t amount = 1;
  bool operator==(const Share&) const = default;
};

/// Folds events of entities into one row each, with links and sums that follow from the row alone. A Table has:
///
///   using View = …;                          // the row in memory
///   static Result<void> apply(std::optional<View>&, const Recorded&);   // pure; a failure leaves the view as it was
///   static std::optional<std::string> find(const Store&, std::string_view id);   // the stored row
///   static Result<View> decode(std::string_view row);
///   static std::string encode(const View&);
///   static std::string row_key(const View&);
///   static std::vector<Link> links(const View&);
///   static std::vector<Share> shares(const View&);
///   static RowChange change(const View&, const std::string& row);
///   static std::optional<std::string> history_key(const View&);   // where this state is kept for `at=`, if it is
template <class Table>
class EntityFold final : public Folding {
 public:
  explicit EntityFold(const Store& store) : store_(store) {}

  Result<void> apply(const Recorded& recorded) override {
    const auto [place, fresh] = index_.try_emplace(recorded.record.entity, entries_.size());
    if (fresh) {
      auto loaded = load(recorded.record.entity);
      if (!loaded) {
        index_.erase(place);
        return std::move(loaded).error();
      }
      entries_.push_back(std::move(loaded).value());
    }
    auto& entry = entries_[place->second];
    // An event that throws may leave half a view behind: nothing of this fold is then written for its entity.
    const bool touched = std::exchange(entry.touched, false);
    if (auto applied = Table::apply(entry.view, recorded); !applied) {
      entry.touched = touched;
      return applied;
    }
    if (auto key = Table::history_key(*entry.view)) kept_.push_back({std::move(*key), Table::encode(*entry.view)});
    entry.touched = true;
    return success();
  }

  void finish(Rows& rows) override {
    for (auto& kept : kept_) rows.put(std::move(kept.key), std::move(kept.value));
    for (const auto& entry : entries_)
      if (entry.touched) finish(rows, entry);
  }

 private:
  using TableView = typename Table::View;
  struct Entry {
    std::optional<TableView> view;
    std::string row_key;  ///< before the fold; empty when there was no row
    std::vector<Link> links;
    std::vector<Share> shares;
    bool touched = false;
  };

  Result<Entry> load(const std::string& id) const {
    Entry entry;
    const auto row = Table::find(store_, id);
    if (!row) return entry;
    HUB_TRY(auto view, Table::decode(*row));
    entry.row_key = Table::row_key(view);
    entry.links = Table::links(view);
    entry.shares = Table::shares(view);
    entry.view = std::move(view);
    return entry;
  }

  // Only the difference to what the store held is written, so what was born and died in this fold never is.
  void finish(Rows& rows, const Entry& entry) const {
    const auto key = Table::row_key(*entry.view);
    auto row = Table::encode(*entry.view);
    if (!entry.row_key.empty() && entry.row_key != key) rows.remove(entry.row_key);
    finish_links(rows, entry.links, Table::links(*entry.view));
    for (const auto& share : entry.shares) rows.add(share.key, -share.amount);
    for (const auto& share : Table::shares(*entry.view)) rows.add(share.key, share.amount);
    rows.changed(Table::change(*entry.view, row));
    rows.put(key, std::move(row));
  }

  static void finish_links(Rows& rows, const std::vector<Link>& before, const std::vector<Link>& after) {
    for (const auto& link : before)
      if (std::none_of(after.begin(), after.end(), [&](const Link& other) { return other.key == link.key; }))
        rows.remove(link.key);
    for (const auto& link : after)
      if (std::find(before.begin(), before.end(), link) == before.end()) rows.put(link.key, link.value);
  }

  const Store& store_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<Entry> entries_;
  std::vector<Link> kept_;
};

}  // namespace hub::projections
