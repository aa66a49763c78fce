#pragma once
#include "actors/engine/reply.hpp"
#include "actors/engine/state_store.hpp"

namespace hub::engine {

/// How long the outcome of a command is kept for those who ask again; that of one that created an entity (its version
/// 1) as long as the entity.
inline constexpr Duration kCommandsKept = seconds(24 * 3'600);

/// A refusal of a command_id that was used before with another request.
inline constexpr std::string_view kOtherBody = "idempotency.other_body";
Failure other_body();

/// False for those that say "not now": the same command may be tried again.
bool is_final(const log::Outcome& outcome);
/// Nothing when it was accepted.
std::optional<Failure> failure_of(const log::Outcome& outcome);
/// What a command is answered that has this row already.
Reply repeated_reply(const CommandRow& row, std::string_view body_hash);

/// Adds what a batch says beside its events: outcomes of commands, consumed messages, the head behind it. The owner
/// that wrote the batch and whoever reads it later get the same rows.
void add_batch_rows(const log::Batch& batch, StateChanges& changes);

}  // namespace hub::engine
