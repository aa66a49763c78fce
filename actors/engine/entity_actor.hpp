#pragma once
// Turns an aggregate (aggregate.hpp) into a kind. Include it where the kind is registered, and nowhere else.
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <exception>
#include <stdexcept>

#include "actors/engine/kind.hpp"
#include "actors/engine/turn_ref.hpp"

namespace hub::engine {

template <class State>
concept HasCollections = requires(State& state) {
  state.collections.settled();
};
template <class Aggregate>
concept HasParts = requires(const typename Aggregate::Event& event) {
  Aggregate::part_of(event);
};

template <class Aggregate>
concept HasMessages = requires(const typename Aggregate::State& state, const typename Aggregate::Event& event,
                               std::string_view entity) {
  Aggregate::react(state, event, entity);
};

/// Hosts one entity while it is active. Decides its inputs in order on state that is not yet committed: when the
/// batch is not known to be committed, the runner drops this actor and loads the entity again.
template <class Aggregate>
class EntityActor final : public caf::event_based_actor {
 public:
  EntityActor(caf::actor_config& config, std::string id, typename Aggregate::State state,
              std::unique_ptr<CollectionRows> rows)
      : caf::event_based_actor(config), id_(std::move(id)), rows_(std::move(rows)), state_(std::move(state)) {
    if constexpr (HasCollections<typename Aggregate::State>) state_.collections.attach(rows_.get());
  }

  caf::behavior make_behavior() override {
    return {[this](TurnRef message) { take(*message.turn); }};
  }
  const char* name() const override { return Aggregate::kind.data(); }

 private:
  void take(Turn& turn) {
    if constexpr (HasCollections<typename Aggregate::State>)
      if (std::exchange(batch_, turn.batch) != turn.batch) state_.collections.settled();
    turn.decisions.reserve(turn.inputs.size());
    for (const auto* input : turn.inputs) turn.decisions.push_back(decide(turn, *input));
    if (!turn.changed || turn.poisoned) return;
    turn.state = Aggregate::encode_state(state_);
    turn.agenda = Aggregate::agenda(state_);
    if constexpr (HasCollections<typename Aggregate::State>) turn.rows = state_.collections.changes();
  }

  Decision decide(Turn& turn, const Input& input) {
    Decision decision;
    try {
      auto command = Aggregate::decode_command(input.type, input.data);
      if (!command) {
        decision.unreadable = true;
        decision.refusal = std::move(command).error();
        return decision;
      }
      const Context context{turn.now, id_, input.command_id, input.actor, input.organisation, input.project};
      auto events = Aggregate::decide(state_, command.value(), context);
      if (!events) {
        decision.refusal = std::move(events).error();
        return decision;
      }
      // All are encoded before the state moves: what throws here leaves the state as it was.
      for (const auto& event : events.value())
        decision.events.push_back(
            {std::string(Aggregate::event_type(event)), Aggregate::encode_event(event), part_of(event)});
      for (const auto& event : events.value()) evolve(turn, event, decision);
    } catch (const std::exception&) {
      // The text may quote the command, so it is not passed on; the dead letter has the bytes.
      decision.threw = true;
      decision.events.clear();
      decision.messages.clear();
      decision.refusal = internal_failure("internal", "the command could not be decided");
    }
    return decision;
  }

  Part part_of(const typename Aggregate::Event& event) const {
    Part part;
    if constexpr (HasParts<Aggregate>) part = Aggregate::part_of(event);
    if (!part.entity.empty() && (!is_id(part.entity) || shard_of(part.entity) != shard_of(id_)))
      throw std::logic_error("an event about an entity of another shard");
    return part;
  }

  void evolve(Turn& turn, const typename Aggregate::Event& event, Decision& decision) {
    try {
      Aggregate::evolve(state_, event);
      if constexpr (HasMessages<Aggregate>)
        for (auto& message : Aggregate::react(state_, event, id_)) decision.messages.push_back(std::move(message));
      turn.changed = true;
    } catch (const std::exception& error) {
      turn.poisoned = true;
      turn.poison = error.what();
      throw;
    }
  }

  std::string id_;
  std::unique_ptr<CollectionRows> rows_;
  typename Aggregate::State state_;
  std::uint64_t batch_ = 0;
};

template <class Aggregate>
class HostedKind final : public Kind {
 public:
  std::string_view name() const override { return Aggregate::kind; }
  std::string_view prefix() const override { return Aggregate::prefix; }
  std::uint32_t state_version() const override { return Aggregate::state_version; }
  bool has_collections() const override { return HasCollections<typename Aggregate::State>; }

  Result<caf::actor> spawn(caf::actor_system& system, RunnerUnit& unit, const std::string& id, std::string_view state,
                           std::unique_ptr<CollectionRows> rows) const override {
    HUB_TRY(auto loaded, load(state));
    caf::actor_config config{&unit};
    return system.spawn_impl<EntityActor<Aggregate>, caf::lazy_init + caf::hidden>(config, id, std::move(loaded),
                                                                                   std::move(rows));
  }

  Result<Folded> fold(std::string_view state, const std::vector<const log::Record*>& events,
                      const CollectionRows* rows) const override {
    HUB_TRY(auto loaded, load(state));
    if constexpr (HasCollections<typename Aggregate::State>) loaded.collections.attach(rows);
    try {
      for (const auto* record : events) {
        HUB_TRY(const auto event, decode(*record));
        Aggregate::evolve(loaded, event);
      }
    } catch (const std::exception& error) {
      return internal_failure("entity.poisoned", error.what());
    }
    Folded folded{Aggregate::encode_state(loaded), Aggregate::agenda(loaded), {}};
    if constexpr (HasCollections<typename Aggregate::State>) folded.rows = loaded.collections.changes();
    return folded;
  }

 private:
  static Result<typename Aggregate::Event> decode(const log::Record& record) {
    if constexpr (HasParts<Aggregate>) {
      const bool is_of_part = !record.parent.empty();
      return Aggregate::decode_event(record.type, record.data,
                                     is_of_part ? Part{record.entity, record.version} : Part{});
    } else {
      return Aggregate::decode_event(record.type, record.data);
    }
  }

  static Result<typename Aggregate::State> load(std::string_view state) {
    if (state.empty()) return typename Aggregate::State{};
    return Aggregate::decode_state(state);
  }
};

template <class Aggregate>
std::unique_ptr<Kind> host() {
  return std::make_unique<HostedKind<Aggregate>>();
}

}  // namespace hub::engine
