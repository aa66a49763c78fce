#pragma once
#include "actors/engine/aggregate.hpp"
#include "actors/models/commands.hpp"
#include "actors/models/slots.hpp"

namespace hub::models {

// Fallbacks. While a model may not be called as often as it should, what is ready may be called at its fallbacks, in
// their order; so may a task that failed, at those behind where it failed, instead of waiting for its retry. The task
// stays where it is: a slot is asked for by message, stands in line at the lender by its priority, and is given back
// behind the one call. No more are asked for and borrowed at a time than the borrower has slots itself.

Result<Events> decide_seek(const State& state);
Result<Events> decide_grant(const State& state, const GrantSlot& command);
Result<Events> decide_lender_away(const State& state, const ReportLenderAway& command);
Result<Events> decide_ask(const State& state, const AskSlot& command);
Result<Events> decide_return(const State& state, const ReturnSlot& command, const engine::Context& context);

/// The call had a slot of another model.
ModelSlotGivenBack given_back(const State& state, const tasks::Loan& loan, const ReportCallEnded& report);

/// A fallback is wanted by a task that failed at `lender`, or at its own model: the first that it may go to.
std::optional<std::int32_t> next_fallback(const State& state, const std::optional<std::string>& lender);

void evolve_lending(State& state, const ModelSlotAsked& event);
void evolve_lending(State& state, const ModelSlotBooked& event);
void evolve_lending(State& state, const ModelSlotLent& event);
void evolve_lending(State& state, const ModelLenderAway& event);
void evolve_lending(State& state, const ModelSlotGivenBack& event);
void evolve_lending(State& state, const ModelSlotReturned& event);
/// A task was started on what was asked for.
void evolve_borrowed(State& state, const tasks::Loan& loan);

/// What other models, and this one, are to hear of an event.
std::vector<engine::Message> lending_messages(const State& state, const Event& event, std::string_view entity);

}  // namespace hub::models
