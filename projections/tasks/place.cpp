// Where a task stands in the queue of its model.
#include <rocksdb/db.h>

#include "projections/core/bytes.hpp"
#include "projections/tasks/keys.hpp"
#include "projections/tasks/queries.hpp"

namespace hub::task_rows {
namespace {

/// Marks of deleted rows that are walked over before counting is given up.
constexpr std::uint64_t kDeletedMax = 100'000;

/// Counts entries of an index from one key to another, as far as it may.
class Counting {
 public:
  Counting(const projections::StoreView& rows, std::size_t budget) : rows_(rows), budget_(budget) {}

  /// Entries from `begin` to before `end` of which `counts(value)` is true; none when there are too many to look at.
  template <class Counts>
  std::optional<std::uint64_t> count(const std::string& begin, const std::string& end, Counts counts) {
    const rocksdb::Slice lower(begin), upper(end);
    rocksdb::ReadOptions options;
    options.snapshot = rows_.snapshot();
    options.iterate_lower_bound = &lower;
    options.iterate_upper_bound = &upper;
    options.max_skippable_internal_keys = kDeletedMax;
    const std::unique_ptr<rocksdb::Iterator> keys(rows_.db().NewIterator(options));
    std::uint64_t found = 0;
    for (keys->SeekToFirst(); keys->Valid(); keys->Next()) {
      if (budget_ == 0) return std::nullopt;
      --budget_;
      found += counts(std::string_view(keys->value().data(), keys->value().size())) ? 1 : 0;
    }
    if (keys->status().IsIncomplete()) return std::nullopt;
    if (!keys->status().ok()) projections::stop_on_bad_read(rows_.db(), keys->status());
    return found;
  }

 private:
  const projections::StoreView& rows_;
  std::size_t budget_;
};

constexpr auto kEach = [](std::string_view) { return true; };

/// Ready ones of its priority that are before it: from whichever end it is nearer to.
std::optional<std::uint64_t> ready_before(const projections::StoreView& rows, const View& view,
                                          const model_rows::Line& line) {
  const auto prefix = line_prefix(kReadyTable, view.model, view.priority);
  const auto own = line_key(kReadyTable, view.model, view.priority, view.order);
  // Its own key is the first that is not before it; one that waits in the other index has none.
  if (const auto behind = Counting(rows, kPlacesCounted / 2).count(own, projections::after_prefix(prefix), kEach))
    return static_cast<std::uint64_t>(line.ready) - *behind;
  const auto first = line_key(kReadyTable, view.model, view.priority, line.first);
  return Counting(rows, kPlacesCounted / 2).count(first, own, kEach);
}

/// Those whose time has come, of one priority, before `end`.
std::optional<std::uint64_t> timed_before(const projections::StoreView& rows, const View& view,
                                          const model_rows::View& model, std::int32_t priority,
                                          const std::string& end) {
  const auto is_ready = [&](std::string_view value) {
    const auto wait = decode_wait(value);
    return wait && wait.value().wakings < model.wakings && wait.value().due <= model.woken_at;
  };
  return Counting(rows, kPlacesCounted).count(line_prefix(kTimedTable, view.model, priority), end, is_ready);
}

}  // namespace

std::optional<std::uint64_t> place_of(const projections::StoreView& rows, const View& view,
                                      const model_rows::View& model) {
  if (view.status != tasks::Status::pending || is_delayed(view, model)) return std::nullopt;
  std::uint64_t before = 0;
  for (auto priority = tasks::kPriorityMax; priority >= view.priority; --priority) {
    const auto& line = model.lines[model_rows::class_of(priority)];
    const bool own = priority == view.priority;
    if (own && line.ready > 0) {
      const auto ready = ready_before(rows, view, line);
      if (!ready) return std::nullopt;
      before += *ready;
    } else if (!own) {
      before += static_cast<std::uint64_t>(line.ready);
    }
    if (line.timed == 0) continue;
    const auto end = own ? line_key(kTimedTable, view.model, priority, view.order)
                         : projections::after_prefix(line_prefix(kTimedTable, view.model, priority));
    const auto timed = timed_before(rows, view, model, priority, end);
    if (!timed) return std::nullopt;
    before += *timed;
  }
  return before + 1;
}

}  // namespace hub::task_rows
