#pragma once
#include "actors/engine/aggregate.hpp"
#include "actors/models/commands.hpp"
#include "actors/models/slots.hpp"

namespace hub::models {

// What becomes of each command; the refusals are those that Model names.

Result<Events> decide_submit(const State& state, const SubmitTasks& command, const engine::Context& context);
Result<Events> decide_cancel(const State& state, const CancelTask& command);
Result<Events> decide_retry(const State& state, const RetryTask& command);
Result<Events> decide_call_ended(const State& state, const ReportCallEnded& command, const engine::Context& context);
Result<Events> decide_wake(const State& state, const engine::Context& context);

}  // namespace hub::models
