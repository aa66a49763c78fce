#pragma once
#include <optional>

#include "events/kafka/record_codec.hpp"
#include "events/log/inputs.hpp"

namespace hub::kafka {

inline constexpr std::string_view kCommandType = "computehub.internal.command.v1";
inline constexpr std::string_view kEffectType = "computehub.internal.effect-result.v1";

/// A command as it lies on its topic: the entity as key, its JSON as value, and a CloudEvent's attributes in Kafka's
/// binary mode (`ce_id` is the command's id, `ce_subject` the entity), with the extensions command (its type),
/// deadline, bodyhash, actor, org, project and correlationid.
Outgoing to_message(const log::Command& command);
/// Nothing when it is not one of ours: a foreign record, or one that a newer release writes otherwise.
std::optional<log::Command> command_from(const rd_kafka_message_t& message);

}  // namespace hub::kafka
