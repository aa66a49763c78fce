#pragma once
#include <optional>
#include <string>
#include <vector>

#include "actors/engine/kind.hpp"
#include "events/log/log.hpp"

namespace hub::offline {

/// Up to where something is replayed; with neither: to the end.
struct Until {
  std::optional<Instant> time;       ///< inclusive, by the index time of batches
  std::optional<Position> position;  ///< of the entity's partition, inclusive
};
/// A position ("3:17"), a time (RFC 3339), or a span before `now` ("10m"). Empty: to the end. Fails: `cli.usage`.
Result<Until> parse_until(const std::string& text, Instant now);

/// The id that is meant by an id, by the beginning of one (with or without its prefix), or by the name of a deployment.
/// All of them are looked for in the whole log, but for a whole id. Fails: not_found `entity.not_found`, conflict
/// `entity.ambiguous`.
Result<std::string> find_entity(log::Log& log, const std::string& text);

/// One event and the state behind it, as JSON.
struct Step {
  log::EntityRecord event;
  std::string state;
};
/// Fails: not_found `entity.not_found` (also: not yet); as Kind::fold and Log::history do; invalid `position.unknown`
/// when `until` is a position of another partition.
Result<std::vector<Step>> replay_entity(log::Log& log, const engine::Kinds& kinds, const std::string& id,
                                        const Until& until);

}  // namespace hub::offline
