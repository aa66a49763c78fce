#include "actors/engine/agenda_book.hpp"

#include <algorithm>

namespace hub::engine {

AgendaBook::Waiting::value_type AgendaBook::mark(const std::string& entity, const Due& due, Instant at) {
  return {at, {entity, {due.name, due.key}}};
}

bool AgendaBook::replace(const std::string& entity, Agenda agenda, bool resumed) {
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
    if (same != before.end() && same->state == Entry::State::under_way) {
      now.push_back(std::move(*same));
      before.erase(same);
      continue;
    }
    const auto state = is_here(due.place) ? Entry::State::waiting : Entry::State::elsewhere;
    now.push_back({std::move(due), state, same != before.end() ? same->resumed : resumed});
  }
  for (auto& entry : before) {
    if (entry.waits())
      waiting_.erase(mark(entity, entry.due, entry.due.at));
    else if (entry.state == Entry::State::under_way && entry.due.kind == Due::Kind::effect)
      withdrawn_.push_back({entity, std::move(entry.due)});
  }
  for (const auto& entry : now)
    if (entry.waits()) waiting_.insert(mark(entity, entry.due, entry.due.at));
  if (!now.empty())
    owed_[entity] = std::move(now);
  else if (owed)
    owed_.erase(found);
  return true;
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
    for (auto& entry : owed_[place.first]) {
      if (!entry.waits() || entry.due.name != place.second.first || entry.due.key != place.second.second) continue;
      entry.state = Entry::State::under_way;
      items.push_back({place.first, entry.due, entry.resumed});
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
