#include "actors/engine/collections.hpp"

#include <algorithm>
#include <utility>

#include "events/core/result.hpp"

namespace hub::engine {

std::optional<std::string> CollectionRowsInMemory::get(std::string_view key) const {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

void CollectionRowsInMemory::scan(std::string_view prefix, std::string_view from, const Visitor& visitor) const {
  for (auto at = rows_.lower_bound(from); at != rows_.end() && at->first.starts_with(prefix); ++at)
    if (!visitor(at->first, at->second)) return;
}

void CollectionRowsInMemory::apply(const RowChanges& changes) {
  for (const auto& [key, value] : changes) {
    if (value)
      rows_.insert_or_assign(key, *value);
    else
      rows_.erase(key);
  }
}

std::optional<std::string> Collections::get(std::string_view key) const {
  if (const auto changed = changes_.find(key); changed != changes_.end()) return changed->second;
  // Of a map with a window nothing is noted any longer, and what was is of before it.
  const bool is_noted = !key.empty() && windows_.count(key.front()) == 0;
  const std::string name(key);
  if (is_noted)
    for (const auto* rows : {&recent_, &older_})
      if (const auto found = rows->find(name); found != rows->end()) return found->second;
  if (rows_ == nullptr) return std::nullopt;
  auto value = rows_->get(key);
  // Whoever decides reads a row, and what follows reads it again.
  if (value && is_noted) note(name, value);
  return value;
}

void Collections::put(std::string_view key, std::string value) {
  HUB_ASSERT(!key.empty());
  if (const auto window = windows_.find(key[0]); window != windows_.end() && window->second.covers(key)) {
    window->second.rows.insert_or_assign(std::string(key), value);
    narrow(window->second);
  }
  changes_.insert_or_assign(std::string(key), std::move(value));
}

void Collections::erase(std::string_view key) {
  HUB_ASSERT(!key.empty());
  if (const auto window = windows_.find(key[0]); window != windows_.end())
    if (const auto row = window->second.rows.find(key); row != window->second.rows.end())
      window->second.rows.erase(row);
  changes_.insert_or_assign(std::string(key), std::nullopt);
}

void Collections::settled() {
  while (!changes_.empty()) {
    auto change = changes_.extract(changes_.begin());
    if (windows_.count(change.key()[0]) > 0) continue;
    note(std::move(change.key()), std::move(change.mapped()));
  }
}

void Collections::note(std::string key, std::optional<std::string> value) const {
  recent_.insert_or_assign(std::move(key), std::move(value));
  if (recent_.size() >= kRecentRows) older_ = std::exchange(recent_, {});
}

std::vector<std::pair<std::string, std::string>> Collections::head(char name, std::size_t count) const {
  auto& window = windows_.try_emplace(name, Window{{}, std::string(1, name), false}).first->second;
  while (!window.complete && window.rows.size() < count) widen(window, name, count);
  std::vector<std::pair<std::string, std::string>> first;
  for (auto row = window.rows.begin(); row != window.rows.end() && first.size() < count; ++row)
    first.emplace_back(row->first, row->second);
  return first;
}

/// By the next rows behind its end. Never looks again at what lies in front of it: many a row was deleted there, and
/// the store would pass over each.
void Collections::widen(Window& window, char name, std::size_t count) const {
  const auto rows_max = std::max(count, kWindowRows);
  const std::string prefix(1, name);
  std::size_t taken = 0;
  std::string last;
  window.complete = true;
  if (rows_ != nullptr)
    rows_->scan(prefix, window.end, [&](std::string_view key, std::string_view value) {
      if (taken == rows_max) {
        window.complete = false;
        return false;
      }
      ++taken;
      last = key;
      if (changes_.find(key) == changes_.end()) window.rows.insert_or_assign(std::string(key), std::string(value));
      return true;
    });
  for (auto change = changes_.lower_bound(window.end); change != changes_.end(); ++change) {
    if (!change->first.starts_with(prefix) || (!window.complete && change->first > last)) break;
    if (change->second) window.rows.insert_or_assign(change->first, *change->second);
  }
  // The least key behind the last one that was seen.
  if (!window.complete) window.end = last + '\0';
}

void Collections::narrow(Window& window) {
  if (window.rows.size() <= 2 * kWindowRows) return;
  const auto end = std::next(window.rows.begin(), kWindowRows);
  window.end = end->first;
  window.complete = false;
  window.rows.erase(end, window.rows.end());
}

}  // namespace hub::engine
