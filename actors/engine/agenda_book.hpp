#pragma once
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/engine/aggregate.hpp"

namespace hub::engine {

/// What all entities of a runner owe, ordered by time. Entities that owe nothing take no room. One thread.
class AgendaBook {
 public:
  /// Effects of another place than `host` are known and not due here, unless that one is attached.
  explicit AgendaBook(std::string host = {}) {
    if (!host.empty()) hosts_.insert(std::move(host));
  }

  struct Item {
    std::string entity;
    Due due;
    bool resumed = false;  ///< it was owed before this book knew of it: it may have been begun by who had it before
  };

  /// Replaces what the entity owes. What was there already (same name and key) keeps its state: a firing or an
  /// effect under way is not repeated.
  /// Whether the entity owes anything now or did before. `resumed`: what is new here is so because it was just loaded.
  bool replace(const std::string& entity, Agenda agenda, bool resumed = false);
  void forget(const std::string& entity) { replace(entity, {}); }
  /// From now on what is to be done at `host` is due here, also what was under way: whoever did it before may be gone.
  void attach(const std::string& host);
  /// From now on it is not; what is under way there is owed to whoever attaches the host next.
  void detach(const std::string& host);
  bool is_here(const std::string& place) const { return place.empty() || hosts_.count(place) > 0; }
  void forget_those(const std::function<bool(const std::string& entity)>& which);

  /// Takes what is due at `now` and marks it as under way. At most `count_max`.
  std::vector<Item> take_due(Instant now, std::size_t count_max);
  /// Effects that were under way and are owed no more, done or not, since the last call.
  std::vector<Item> take_withdrawn() { return std::exchange(withdrawn_, {}); }
  /// When the next item is due (the past: at once); none when nothing waits.
  std::optional<Instant> next_due() const;
  std::size_t size() const { return owed_.size(); }
  /// Age of the oldest timer that should have fired by `now`, 0 when none.
  Duration overdue(Instant now) const;

 private:
  struct Entry {
    Due due;
    enum class State : std::uint8_t { waiting, under_way, elsewhere };
    State state = State::waiting;
    bool resumed = false;
    bool waits() const { return state == State::waiting; }
    bool is(const std::string& name, const std::string& key) const { return due.name == name && due.key == key; }
  };
  static bool is_before(const Entry& one, const Due& other);
  using Waiting = std::set<std::pair<Instant, std::pair<std::string, std::pair<std::string, std::string>>>>;
  static Waiting::value_type mark(const std::string& entity, const Due& due, Instant at);

  /// It is owed no more.
  void drop(const std::string& entity, Entry entry);
  void move_all(const std::string& host, Entry::State state);

  std::set<std::string> hosts_;
  std::unordered_map<std::string, std::vector<Entry>> owed_;  ///< each in the order of names and keys
  Waiting waiting_;
  std::vector<Item> withdrawn_;
};

}  // namespace hub::engine
