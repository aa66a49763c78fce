#include "actors/engine/agenda_book.hpp"

#include <algorithm>

namespace hub::engine {

AgendaBook::Waiting::value_type AgendaBook::mark(const std::string& entity, const Due& due, Instant at) {
  return {at, {entity, {due.name, due.key}}};
}

bool AgendaBook::replace(const std::string& entity, Agenda agenda) {
  const auto found = owed_.find(entity);
  const bool owed = found != owed_.end();
  if (!owed && agenda.empty()) return false;
  std::vector<Entry> before;
  if (owed) before = std::move(found->second);
  std::vector<Entry> now;
  now.reserve(agenda.size());
  for (auto& due : agenda) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const Entry& entry) {
      return entry.due.name == due.name && entry.due.key == due.key;
    });
    if (same != before.end() && !same->waiting) {
      now.push_back(std::move(*same));
      before.erase(same);
      continue;
    }
    const bool here = due.place.empty() || due.place == host_;
    now.push_back({std::move(due), here});
  }
  for (const auto& entry : before)
    if (entry.waiting) waiting_.erase(mark(entity, entry.due, entry.due.at));
  for (const auto& entry : now)
    if (entry.waiting) waiting_.insert(mark(entity, entry.due, entry.due.at));
  if (!now.empty())
    owed_[entity] = std::move(now);
  else if (owed)
    owed_.erase(found);
  return true;
}

void AgendaBook::forget_those(const std::function<bool(const std::string& entity)>& which) {
  std::vector<std::string> entities;
  for (const auto& [entity, owed] : owed_)
    if (which(entity)) entities.push_back(entity);
  for (const auto& entity : entities) forget(entity);
}

std::vector<AgendaBook::Item> AgendaBook::take_due(Instant now, std::size_t count_max) {
  std::vector<Item> items;
  while (!waiting_.empty() && waiting_.begin()->first <= now && items.size() < count_max) {
    const auto [at, place] = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    for (auto& entry : owed_[place.first]) {
      if (!entry.waiting || entry.due.name != place.second.first || entry.due.key != place.second.second) continue;
      entry.waiting = false;
      items.push_back({place.first, entry.due});
      break;
    }
  }
  return items;
}

std::optional<Instant> AgendaBook::next_due() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

Duration AgendaBook::overdue(Instant now) const {
  if (waiting_.empty() || waiting_.begin()->first >= now || !waiting_.begin()->first.is_set()) return {};
  return now - waiting_.begin()->first;
}

}  // namespace hub::engine
