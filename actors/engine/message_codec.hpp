#pragma once
#include "actors/engine/aggregate.hpp"
#include "actors/engine/reply.hpp"
#include "events/log/record.hpp"

namespace hub::engine {

inline constexpr std::string_view kMessageType = "computehub.internal.message.v1";
/// A chain of messages longer than this is a loop; it ends in dead letters.
inline constexpr std::uint32_t kHopsMax = 64;

/// The record in the sender's partition that carries a message to another shard. `cause` is what the sender decided.
log::Record message_record(const Message& message, const Input& cause, Instant now);
/// The input that such a record is for its target. Fails when its data does not decode.
Result<Submission> message_input(const log::Record& record, PartitionId source);
/// The same for a message within a shard, which needs no record.
Input local_message_input(const Message& message, const Input& cause);

}  // namespace hub::engine
