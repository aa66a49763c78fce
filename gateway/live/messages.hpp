#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/core/result.hpp"

namespace hub::live {

/// What a client may ask for.
struct ClientMessage {
  enum class Kind { subscribe, unsubscribe, ping };
  Kind kind = Kind::ping;
  std::optional<std::int64_t> id;    ///< the client's own number; subscribe must have one
  std::string stream;                ///< subscribe; unsubscribe may name it in place of the id
  std::optional<std::string> after;  ///< a cursor that the client stored
};

/// Reads a message. `id` is set even when it fails, if it could be read. Fails: what from_json fails with;
/// invalid `live.unknown_type`, `live.id_needed`, `live.stream_needed`.
Result<ClientMessage> parse_message(std::string_view json, std::optional<std::int64_t>& id);

// What the server says; each is the JSON text of one message.
std::string subscribed_message(std::int64_t id, std::string_view stream, bool recovered, std::string_view cursor);
std::string unsubscribed_message(std::int64_t id);
std::string snapshot_message(std::string_view stream, std::string_view cursor, std::string_view data);
std::string event_message(std::string_view stream, std::string_view cursor, std::string_view data);
std::string closed_message(std::string_view stream, std::string_view code, std::string_view cursor);
std::string error_message(std::optional<std::int64_t> id, const Failure& failure);
/// `age_seconds`: 0 is left out.
std::string pong_message(std::int64_t age_seconds);

}  // namespace hub::live
