#pragma once
#include <caf/actor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/engine/aggregate.hpp"
#include "actors/engine/input.hpp"
#include "actors/engine/runner_unit.hpp"
#include "events/log/record.hpp"

namespace hub::engine {

struct EncodedEvent {
  std::string type;
  std::string data;  ///< JSON
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
  std::vector<const Input*> inputs;
  std::vector<Decision> decisions;  ///< one an input
  bool changed = false;             ///< at least one event
  bool poisoned = false;            ///< evolve() threw: the entity is quarantined
  std::string poison;               ///< what it threw
  std::string state;                ///< encoded, when changed
  Agenda agenda;                    ///< when changed
};

/// State and agenda behind some events.
struct Folded {
  std::string state;
  Agenda agenda;
};

/// An aggregate with its types erased; made by host<Aggregate>() (entity_actor.hpp). Safe from any thread.
class Kind {
 public:
  virtual ~Kind() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view prefix() const = 0;
  virtual std::uint32_t state_version() const = 0;

  /// An actor with the given state (empty: of an entity that does not exist yet), resumed by `unit` alone.
  /// Fails when the state does not decode.
  virtual Result<caf::actor> spawn(caf::actor_system& system, RunnerUnit& unit, const std::string& id,
                                   std::string_view state) const = 0;

  /// Applies events of one entity, in order. Fails when state or event does not decode (`type.unknown`: a newer
  /// release wrote it), or evolve() throws (internal `entity.poisoned`).
  virtual Result<Folded> fold(std::string_view state, const std::vector<const log::Record*>& events) const = 0;
};

/// The kinds of one system, by prefix of id.
class Kinds {
 public:
  void add(std::unique_ptr<Kind> kind);
  /// Null for a prefix that nobody has.
  const Kind* of(std::string_view id) const;
  const std::vector<std::unique_ptr<Kind>>& all() const { return kinds_; }

 private:
  std::vector<std::unique_ptr<Kind>> kinds_;
};

}  // namespace hub::engine
