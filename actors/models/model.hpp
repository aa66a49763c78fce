#pragma once
#include "actors/engine/aggregate.hpp"
#include "actors/models/commands.hpp"
#include "actors/models/state.hpp"

namespace hub::models {

/// What the effect "call" is told. Its key is "<task>.<attempt>".
struct CallData {
  std::string task;
  std::int32_t attempt = 0;
  Duration timeout;
  std::uint64_t spec = 0;           ///< State::spec_number
  std::optional<tasks::Loan> loan;  ///< another model is called
};
BOOST_DESCRIBE_STRUCT(CallData, (), (task, attempt, timeout, spec, loan))

/// A place that tasks are sent to, and the queue before it: decides for its tasks, which are its parts. Effects:
/// "call" (one for each running task), "end" (of the call of a cancelled one).
///
/// What is ready gets slots by priority, then in the order of submission; a task that is tried again keeps its place.
/// Whenever a slot is free and the model may be called, nothing is ready: each decision gives away what it frees.
struct Model {
  static constexpr std::string_view kind = "model";
  static constexpr std::string_view prefix = kModelPrefix;
  static constexpr std::uint32_t state_version = 2;
  using State = models::State;
  using Command = models::Command;
  using Event = models::Event;

  /// Refusals: model.not_found, model.already_exists, model.deleted, model.has_tasks, model.queue_full (429, with the
  /// time in which the queue drains by one task), task.not_found, task.ended, task.not_ended, task.foreign_id.
  static Result<std::vector<Event>> decide(const State& state, const Command& command, const engine::Context& context);
  static void evolve(State& state, const Event& event);
  /// The name of a deleted model is free again; slots are asked for, lent and given back (lending.hpp).
  static std::vector<engine::Message> react(const State& state, const Event& event, std::string_view entity);
  static engine::Agenda agenda(const State& state);
  static engine::Part part_of(const Event& event);

  static Result<Command> decode_command(std::string_view type, std::string_view json);
  static Result<Event> decode_event(std::string_view type, std::string_view json, const engine::Part& part) {
    return models::decode_event(type, json, {part.entity, part.version});
  }
  static std::string_view event_type(const Event& event) { return type_of_event(event); }
  static std::string encode_event(const Event& event) { return models::encode_event(event); }
  static std::string encode_state(const State& state);
  static Result<State> decode_state(std::string_view json);
};

Result<CallData> decode_call_data(std::string_view json);

}  // namespace hub::models
