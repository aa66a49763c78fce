#include "events/core/json_codec.hpp"
#include "events/deployments/spec.hpp"
#include "projections/deployments/view.hpp"

namespace hub {

template <>
struct JsonCodec<Position> {
  static void write(std::string& out, Position value) { append_json_string(out, to_text(value)); }
  static bool read(JsonReading& reading, simdjson::dom::element element, Position& value) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return reading.refuse("json.type", "must be a position as text");
    auto parsed = parse_position(text);
    if (!parsed) return reading.refuse("json.type", parsed.error().detail);
    value = parsed.value();
    return true;
  }
};

}  // namespace hub

namespace hub::deployments {
namespace {

// About what a small deployment takes.
constexpr std::size_t kAnswerBytes = 1'024;

}  // namespace

std::string to_answer(const View& view, std::size_t* cost_at) {
  std::string out;
  out.reserve(kAnswerBytes);
  out += '{';
  boost::mp11::mp_for_each<JsonMembers<View>>([&](auto descriptor) {
    append_json_string(out, descriptor.name);
    out += ':';
    if (cost_at != nullptr && std::string_view(descriptor.name) == "cost_usd_micro") *cost_at = out.size();
    // Unlike other structs an absent member is written as null, so that the shape is always the same.
    append_json(out, view.*descriptor.pointer);
    out += ',';
  });
  out.back() = '}';
  return out;
}

Result<View> parse_answer(std::string_view json) {
  return from_json<View>(json, ReadMode::lenient);
}

}  // namespace hub::deployments
