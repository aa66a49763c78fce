#pragma once
#include <caf/actor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/engine/aggregate.hpp"
#include "actors/engine/collections.hpp"
#include "actors/engine/input.hpp"
#include "actors/engine/runner_unit.hpp"
#include "events/log/record.hpp"

namespace hub::engine {

struct EncodedEvent {
  std::string type;
  std::string data;  ///< JSON
  Part part = {};    ///< whom it is about, when that is not the entity itself
};

/// What became of one input inside an entity actor.
struct Decision {
  std::optional<Failure> refusal;
  bool threw = false;       ///< decide() threw: the input goes to dead letters
  bool unreadable = false;  ///< no command of this kind: nobody can be told but who sent it
  std::vector<EncodedEvent> events;
  std::vector<Message> messages;
};

/// One message to an entity actor: its inputs of a round, and room for what it decides. Lives on the runner's stack
/// while the runner drains its unit, so that no answer message is needed.
struct Turn {
  Instant now;
  std::uint64_t batch = 0;  ///< another one than before: what was decided then is committed
  std::vector<const Input*> inputs;
  std::vector<Decision> decisions;  ///< one an input
  bool changed = false;             ///< at least one event
  bool poisoned = false;            ///< evolve() threw: the entity is quarantined
  std::string poison;               ///< what it threw
  std::string state;                ///< encoded, when changed
  Agenda agenda;                    ///< when changed
  RowChanges rows;                  ///< of its collections, since the batch began; when changed
};

/// State and agenda behind some events, and what they change in the entity's collections.
struct Folded {
  std::string state;
  Agenda agenda;
  RowChanges rows;
};

/// An aggregate with its types erased; made by host<Aggregate>() (entity_actor.hpp). Safe from any thread.
class Kind {
 public:
  virtual ~Kind() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view prefix() const = 0;
  virtual std::uint32_t state_version() const = 0;
  virtual bool has_collections() const = 0;

  /// An actor with the given state (empty: of an entity that does not exist yet), resumed by `unit` alone. `rows`: of
  /// its collections; null when it has none. Fails when the state does not decode.
  virtual Result<caf::actor> spawn(caf::actor_system& system, RunnerUnit& unit, const std::string& id,
                                   std::string_view state, std::unique_ptr<CollectionRows> rows) const = 0;

  /// Applies events of one entity, in order; those of its parts too. `rows`: as they are before these events; null when
  /// there are none. Fails when state or event does not decode (`type.unknown`: a newer release wrote it), or evolve()
  /// throws (internal `entity.poisoned`).
  virtual Result<Folded> fold(std::string_view state, const std::vector<const log::Record*>& events,
                              const CollectionRows* rows) const = 0;
};

/// The kinds of one system, by prefix of id.
class Kinds {
 public:
  void add(std::unique_ptr<Kind> kind);
  /// Null for a prefix that nobody has.
  const Kind* of(std::string_view id) const;
  const std::vector<std::unique_ptr<Kind>>& all() const { return kinds_; }
  /// Tells the entities that evolve by an event, with their versions behind it: whom it is about, unless that is a part
  /// without a state of its own, and its parent.
  template <class Visitor>
  void for_each_evolving(const log::Record& event, const Visitor& visitor) const {
    if (event.parent.empty() || of(event.entity) != nullptr) visitor(event.entity, event.version);
    if (!event.parent.empty()) visitor(event.parent, event.parent_version);
  }

 private:
  std::vector<std::unique_ptr<Kind>> kinds_;
};

}  // namespace hub::engine
