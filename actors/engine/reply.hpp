#pragma once
#include <functional>
#include <optional>

#include "actors/engine/input.hpp"
#include "events/log/record.hpp"

namespace hub::engine {

/// What became of an input, told once it is durable.
struct Reply {
  std::optional<Failure> refusal;
  std::string entity;
  Version version = 0;    ///< the entity's, behind the input
  Position position;      ///< of its last event, or where its partition stood
  log::BatchPtr batch;    ///< holds the events; null when there are none or the answer is a repeat
  bool repeated = false;  ///< decided earlier: the same command came again
  bool pending = false;   ///< it is on its way to its owner, who has not decided it in time; it will be decided
};

/// Called once, on a runner's thread: must not block.
using Completion = std::function<void(const Reply&)>;

struct Submission {
  Input input;
  Completion done;  ///< may be empty
  /// Of a message from another shard: the partition and seq of its record.
  std::optional<Position> from = std::nullopt;
  /// Of what came by the log's inputs: where it lies there.
  std::optional<std::uint64_t> offset = std::nullopt;
};

}  // namespace hub::engine
