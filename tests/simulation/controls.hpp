#pragma once
#include "tests/simulation/node.hpp"

namespace hub::simulation {

// Negative controls: each takes one protection out, so that a check that stays green shows that it looks at nothing.

/// No command is remembered from one batch to the next.
Decorations without_dedup();
/// A target forgets how far it has consumed messages when it changes hands.
Decorations without_message_positions();
/// The log takes batches of an owner that others have replaced, as if they were of the present one.
Decorations without_epochs();
/// An append of unknown outcome is taken for a commit.
Decorations without_read_back();
/// Of commands that came by the log each fortieth is passed over.
Decorations with_lost_commands();
/// Each hundredth effect is taken and not carried out.
Decorations with_lost_effects();
/// A new owner goes on where the commands began, whatever was decided.
Decorations without_command_positions();
/// What a node has folded of an agenda is gone when it takes a partition up or follows it.
Decorations without_agendas();
/// What the reader of the log gets has lost a record in `torn`, and nobody looks at the chain.
Decorations without_chain(Position torn);

}  // namespace hub::simulation
