#pragma once
#include <cstdint>
#include <string>

#include "events/core/instant.hpp"

namespace hub::engine {

/// Everything that may change an entity, in one shape: it takes one path.
struct Input {
  enum class Source : std::uint8_t { command, message, timer, effect };
  Source source = Source::command;
  std::string entity;      ///< whose decision it is
  std::string type;        ///< command type of the entity's kind: "RequestDeployment"
  std::string data;        ///< JSON of the command
  std::string command_id;  ///< idempotency: decided once; empty for timers and effects
  std::string body_hash;   ///< 32 bytes: the same command_id with another hash is refused; empty: not checked
  std::string actor;       ///< principal
  std::string organisation;
  std::string project;
  std::string correlation_id;
  Instant deadline;        ///< decided after it: refused `command.expired`; unset: none
  std::uint32_t hops = 0;  ///< messages that led to it; at 64 it goes to dead letters
};

}  // namespace hub::engine
