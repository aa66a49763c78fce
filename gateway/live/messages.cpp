#include "gateway/live/messages.hpp"

#include "events/core/json_codec.hpp"

namespace hub::live {
namespace {

struct Wire {
  static constexpr std::string_view required[] = {"type"};
  std::string type;
  std::optional<std::int64_t> id;
  std::optional<std::string> stream;
  std::optional<std::string> after;
};
BOOST_DESCRIBE_STRUCT(Wire, (), (type, id, stream, after))

/// Only the id, to answer a message that is otherwise no good.
struct WireId {
  std::optional<std::int64_t> id;
};
BOOST_DESCRIBE_STRUCT(WireId, (), (id))

void append_text(std::string& out, std::string_view name, std::string_view text) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, text);
}

void append_id(std::string& out, std::int64_t id) {
  out += ",\"id\":";
  append_json_number(out, id);
}

std::string data_message(std::string_view type, std::string_view stream, std::string_view cursor,
                         std::string_view data) {
  std::string out;
  out.reserve(data.size() + cursor.size() + stream.size() + 64);
  out += "{\"type\":\"";
  out += type;
  out += '"';
  append_text(out, "stream", stream);
  append_text(out, "cursor", cursor);
  out += ",\"data\":";
  out += data.empty() ? "null" : data;
  out += '}';
  return out;
}

}  // namespace

Result<ClientMessage> parse_message(std::string_view json, std::optional<std::int64_t>& id) {
  auto read = from_json<Wire>(json, ReadMode::strict);
  if (!read) {
    if (auto named = from_json<WireId>(json, ReadMode::lenient)) id = named.value().id;
    return std::move(read).error();
  }
  Wire& wire = read.value();
  id = wire.id;
  ClientMessage message;
  message.id = wire.id;
  message.stream = std::move(wire.stream).value_or("");
  // Some clients say "nothing seen yet" with an empty cursor.
  if (wire.after && !wire.after->empty()) message.after = std::move(wire.after);
  if (wire.type == "ping") return message;
  const bool subscribe = wire.type == "subscribe";
  if (!subscribe && wire.type != "unsubscribe")
    return invalid("live.unknown_type", "must be subscribe, unsubscribe or ping", "type");
  message.kind = subscribe ? ClientMessage::Kind::subscribe : ClientMessage::Kind::unsubscribe;
  if (subscribe && !message.id) return invalid("live.id_needed", "a subscription needs a number", "id");
  if (!message.id && message.stream.empty())
    return invalid("live.id_needed", "the subscription's number or its stream is needed", "id");
  if (subscribe && message.stream.empty()) return invalid("live.stream_needed", "which stream?", "stream");
  return message;
}

std::string subscribed_message(std::int64_t id, std::string_view stream, bool recovered, std::string_view cursor) {
  std::string out = R"({"type":"subscribed")";
  append_id(out, id);
  append_text(out, "stream", stream);
  out += recovered ? R"(,"recovered":true)" : R"(,"recovered":false)";
  append_text(out, "cursor", cursor);
  return out + '}';
}

std::string unsubscribed_message(std::int64_t id) {
  std::string out = R"({"type":"unsubscribed")";
  append_id(out, id);
  return out + '}';
}

std::string snapshot_message(std::string_view stream, std::string_view cursor, std::string_view data) {
  return data_message("snapshot", stream, cursor, data);
}

std::string event_message(std::string_view stream, std::string_view cursor, std::string_view data) {
  return data_message("event", stream, cursor, data);
}

std::string closed_message(std::string_view stream, std::string_view code, std::string_view cursor) {
  std::string out = R"({"type":"closed")";
  append_text(out, "stream", stream);
  append_text(out, "code", code);
  append_text(out, "cursor", cursor);
  return out + '}';
}

std::string error_message(std::optional<std::int64_t> id, const Failure& failure) {
  std::string out = R"({"type":"error")";
  if (id) append_id(out, *id);
  append_text(out, "code", failure.code);
  append_text(out, "detail", to_valid_utf8(failure.detail));
  if (!failure.field.empty()) append_text(out, "field", to_valid_utf8(failure.field));
  return out + '}';
}

std::string pong_message(std::int64_t age_seconds) {
  if (age_seconds == 0) return R"({"type":"pong"})";
  return R"({"type":"pong","age_seconds":)" + std::to_string(age_seconds) + "}";
}

}  // namespace hub::live
