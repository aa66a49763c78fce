#include "actors/engine/agenda_book.hpp"

#include <algorithm>
#include <tuple>

namespace hub::engine {

AgendaBook::Waiting::value_type AgendaBook::mark(const std::string& entity, const Due& due, Instant at) {
  return {at, {entity, {due.name, due.key}}};
}

bool AgendaBook::is_before(const Entry& one, const Due& other) {
  return std::tie(one.due.name, one.due.key) < std::tie(other.name, other.key);
}

bool AgendaBook::replace(const std::string& entity, Agenda agenda, bool resumed) {
  const auto found = owed_.find(entity);
  const bool owed = found != owed_.end();
  if (!owed && agenda.empty()) return false;
  std::vector<Entry> before;
  if (owed) before = std::move(found->second);
  std::sort(agenda.begin(), agenda.end(), [](const Due& one, const Due& other) {
    return std::tie(one.name, one.key) < std::tie(other.name, other.key);
  });
  std::vector<Entry> now;
  now.reserve(agenda.size());
  auto old = before.begin();
  for (auto& due : agenda) {
    for (; old != before.end() && is_before(*old, due); ++old) drop(entity, std::move(*old));
    const bool same = old != before.end() && old->is(due.name, due.key);
    if (same && old->state == Entry::State::under_way) {
      now.push_back(std::move(*old++));
      continue;
    }
    const auto state = is_here(due.place) ? Entry::State::waiting : Entry::State::elsewhere;
    const bool was_resumed = same ? old->resumed : resumed;
    if (same) drop(entity, std::move(*old++));
    now.push_back({std::move(due), state, was_resumed});
    if (now.back().waits()) waiting_.insert(mark(entity, now.back().due, now.back().due.at));
  }
  for (; old != before.end(); ++old) drop(entity, std::move(*old));
  if (!now.empty())
    owed_[entity] = std::move(now);
  else if (owed)
    owed_.erase(found);
  return true;
}

void AgendaBook::drop(const std::string& entity, Entry entry) {
  if (entry.waits())
    waiting_.erase(mark(entity, entry.due, entry.due.at));
  else if (entry.state == Entry::State::under_way && entry.due.kind == Due::Kind::effect)
    withdrawn_.push_back({entity, std::move(entry.due)});
}

void AgendaBook::attach(const std::string& host) {
  HUB_ASSERT(!host.empty());
  hosts_.insert(host);
  move_all(host, Entry::State::waiting);
}

void AgendaBook::detach(const std::string& host) {
  hosts_.erase(host);
  move_all(host, Entry::State::elsewhere);
}

void AgendaBook::move_all(const std::string& host, Entry::State state) {
  for (auto& [entity, owed] : owed_)
    for (auto& entry : owed) {
      if (entry.due.place != host || entry.state == state) continue;
      if (entry.waits()) waiting_.erase(mark(entity, entry.due, entry.due.at));
      entry.state = state;
      if (entry.waits()) waiting_.insert(mark(entity, entry.due, entry.due.at));
    }
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
    auto& owed = owed_[place.first];
    Due wanted;
    std::tie(wanted.name, wanted.key) = place.second;
    auto entry = std::lower_bound(owed.begin(), owed.end(), wanted, is_before);
    while (entry != owed.end() && entry->is(wanted.name, wanted.key) && !entry->waits()) ++entry;
    if (entry == owed.end() || !entry->is(wanted.name, wanted.key)) continue;
    entry->state = Entry::State::under_way;
    items.push_back({place.first, entry->due, entry->resumed});
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
