#pragma once
#include "actors/engine/state_store.hpp"

namespace hub::engine {

/// How long the outcome of a command is kept for those who ask again; that of one that created an entity (its version
/// 1) as long as the entity.
inline constexpr Duration kCommandsKept = seconds(24 * 3'600);

/// Adds what a batch says beside its events: outcomes of commands, consumed messages, the head behind it. The owner
/// that wrote the batch and whoever reads it later get the same rows.
void add_batch_rows(const log::Batch& batch, StateChanges& changes);

}  // namespace hub::engine
