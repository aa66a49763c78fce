#include "projections/core/place.hpp"

#include <algorithm>

#include "events/core/digest.hpp"
#include "events/core/ids.hpp"
#include "projections/core/bytes.hpp"

namespace hub::projections {
namespace {

constexpr char kPlaceVersion = 'p';

void turn_over(std::string& bytes, std::size_t from) {
  for (auto i = from; i < bytes.size(); ++i) bytes[i] = static_cast<char>(~static_cast<unsigned char>(bytes[i]));
}

}  // namespace

void append_place(std::string& key, Instant created_at, std::string_view id) {
  const auto begin = key.size();
  append_ordered(key, created_at.micros);
  key += id;
  turn_over(key, begin);
}

bool take_place(std::string_view bytes, Place& place) {
  std::string turned(bytes);
  turn_over(turned, 0);
  std::string_view rest = turned;
  if (!take_ordered(rest, place.created_at.micros)) return false;
  place.id = rest;
  return true;
}

std::string_view id_in_place(std::string_view bytes, std::string& buffer) {
  buffer.assign(bytes.substr(std::min(bytes.size(), sizeof(Instant::micros))));
  turn_over(buffer, 0);
  return buffer;
}

std::string to_text(const Place& place) {
  std::string bytes(1, kPlaceVersion);
  append_place(bytes, place.created_at, place.id);
  return to_base64url(bytes);
}

Result<Place> parse_place(std::string_view text) {
  Place place;
  auto bytes = from_base64url(text);
  if (!bytes || bytes.value().empty() || bytes.value().front() != kPlaceVersion ||
      !take_place(std::string_view(bytes.value()).substr(1), place) || !is_id(place.id))
    return malformed("cursor.invalid", "not a cursor that this list gave out", "cursor");
  return place;
}

}  // namespace hub::projections
