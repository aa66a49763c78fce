#pragma once
#include "actors/deployments/commands.hpp"
#include "actors/engine/aggregate.hpp"
#include "events/deployments/events.hpp"

namespace hub::deployments {

/// What decisions need to know of a deployment. What is only shown lives in the projection; the command, its
/// environment and files stay in the first event, where the provider's effects read them.
struct State {
  bool exists = false;
  Status status = Status::creating;
  bool prepared = false;      ///< the provider has made ready what it runs in
  std::int32_t run = 0;       ///< the latest run asked for; 0: none yet
  std::int32_t restarts = 0;  ///< by policy, in a row
  bool restart_after_stop = false;
  std::int32_t attempt = 1;  ///< of the effect under way
  Instant effect_at;         ///< not before; unset: at once
  Instant started_at;        ///< of the latest run
  Instant restart_at;        ///< set while the policy's back-off runs
  RestartPolicy restart_policy;
  Duration stop_grace;
  std::optional<Limits> limits;  ///< a change takes effect at the next start
  std::string provider;
  std::optional<std::string> host;  ///< where its effects are carried out
  bool operator==(const State&) const = default;
};
BOOST_DESCRIBE_STRUCT(State, (),
                      (exists, status, prepared, run, restarts, restart_after_stop, attempt, effect_at, started_at,
                       restart_at, restart_policy, stop_grace, limits, provider, host))

/// What an effect of a deployment is told.
struct EffectData {
  std::string provider;
  std::int32_t run = 0;
  Duration stop_grace;
  std::optional<Limits> limits;
};
BOOST_DESCRIBE_STRUCT(EffectData, (), (provider, run, stop_grace, limits))

/// One rented instance or local process, from the wish to the end. Effects: "prepare", "start", "watch" (while it
/// runs: finds an end that nobody reported), "stop", "remove".
struct Deployment {
  static constexpr std::string_view kind = "deployment";
  static constexpr std::string_view prefix = kDeploymentPrefix;
  static constexpr std::uint32_t state_version = 1;
  using State = deployments::State;
  using Command = deployments::Command;
  using Event = deployments::Event;

  /// Refusals: deployment.not_found, deployment.already_exists, deployment.deleted, deployment.failed_already,
  /// deployment.stopping.
  static Result<std::vector<Event>> decide(const State& state, const Command& command, const engine::Context& context);
  static void evolve(State& state, const Event& event);
  static engine::Agenda agenda(const State& state);

  static Result<Command> decode_command(std::string_view type, std::string_view json);
  static Result<Event> decode_event(std::string_view type, std::string_view json);
  static std::string_view event_type(const Event& event) { return type_of_event(event); }
  static std::string encode_event(const Event& event) { return deployments::encode_event(event); }
  static std::string encode_state(const State& state);
  static Result<State> decode_state(std::string_view json);
};

/// Fails as from_json does.
Result<EffectData> decode_effect_data(std::string_view json);

}  // namespace hub::deployments
