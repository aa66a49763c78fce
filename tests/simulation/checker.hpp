#pragma once
#include <string>
#include <vector>

namespace hub::simulation {

class World;

/// What the core check finds wrong after healing, a sentence each; empty when all holds. K1: an acknowledged command is
/// in the log once. K2: a failed one has no events. K3: an unknown one is there once or not at all. K4: versions and
/// seqs are contiguous, epochs never go back. K5: a replay from zero gives the rows that are served, and plain folds of
/// the aggregate give them too. K6: effects were asked for by what is in the log, and made once. K7: timers fired, once
/// and not early. K8: the chain verifies. K10: all settled in time (`settled`). Messages between entities: each once.
std::vector<std::string> check(World& world, bool settled);

/// SHA-256 over every byte of the log and of the rows that serve it.
std::string fingerprint(World& world);

}  // namespace hub::simulation
