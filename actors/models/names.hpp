#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <variant>

#include "actors/engine/aggregate.hpp"
#include "actors/engine/collections.hpp"
#include "actors/models/commands.hpp"
#include "events/models/events.hpp"
#include "events/models/name_events.hpp"

namespace hub::models {

/// Of one project, deleted ones aside.
inline constexpr std::int64_t kModelsMax = 10'000;

/// To entity names_id(organisation, project): makes the model when nobody has its name. Refused: conflict
/// `model.name_taken`, `model.too_many`; invalid `model.id`. The same model again changes nothing.
struct ClaimModelName {
  static constexpr std::string_view type = "ClaimModelName";
  std::string model;  ///< id of the one that is to be made
  Spec spec;
  Status status = Status::offline;
};
BOOST_DESCRIBE_STRUCT(ClaimModelName, (), (model, spec, status))

/// A change of a model with another name in it. Refused: not_found `model.not_found`; conflict `model.name_taken`.
struct RenameModel {
  static constexpr std::string_view type = "RenameModel";
  std::string model;
  SpecChange change;  ///< with a name
};
BOOST_DESCRIBE_STRUCT(RenameModel, (), (model, change))

struct NamesState {
  std::int64_t count = 0;           ///< of names that are taken
  engine::Collections collections;  ///< 'n' name → model, 'm' model → name
};
BOOST_DESCRIBE_STRUCT(NamesState, (), (count))

/// Aggregate (actors/engine/aggregate.hpp): who has which name among the models of one project. It tells a model to
/// come into being, or to change, once the name is its own.
struct Names {
  static constexpr std::string_view kind = "model_names";
  static constexpr std::string_view prefix = kNamesPrefix;
  static constexpr std::uint32_t state_version = 1;
  using State = NamesState;
  using Command = std::variant<ClaimModelName, RenameModel, FreeModelName>;
  using Event = NameEvent;

  static Result<std::vector<Event>> decide(const State& state, const Command& command, const engine::Context& context);
  static void evolve(State& state, const Event& event);
  static std::vector<engine::Message> react(const State& state, const Event& event, std::string_view entity);
  static engine::Agenda agenda(const State&) { return {}; }

  static Result<Command> decode_command(std::string_view type, std::string_view json);
  static Result<Event> decode_event(std::string_view type, std::string_view json) {
    return decode_name_event(type, json);
  }
  static std::string_view event_type(const Event& event) { return type_of_event(event); }
  static std::string encode_event(const Event& event) { return models::encode_event(event); }
  static std::string encode_state(const State& state);
  static Result<State> decode_state(std::string_view json);
};

std::string encode_command(const Names::Command& command);

}  // namespace hub::models
