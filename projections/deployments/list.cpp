#include "projections/deployments/list.hpp"

#include <algorithm>

#include "events/core/digest.hpp"
#include "events/core/json.hpp"
#include "events/core/varint.hpp"
#include "projections/core/bytes.hpp"

namespace hub::deployments {
namespace {

constexpr char kPlaceVersion = 'p';

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

bool contains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

/// Calls visit(key, value) until it is true; whether it was.
template <class Visit>
bool any_label(std::string_view labels, Visit visit) {
  std::string_view key, value;
  while (take_sized(labels, key) && take_sized(labels, value))
    if (visit(key, value)) return true;
  return false;
}

std::string_view id_of(const Row& row) {
  // The first member of the answer: {"id":"…
  constexpr std::size_t id_at = 7, id_size = 32;
  return row.json.substr(std::min(id_at, row.json.size()), id_size);
}

bool has_text(const Row& row, std::string_view text) {
  return contains(row.name, text) || contains(id_of(row), text) ||
         any_label(row.labels, [&](std::string_view, std::string_view value) { return contains(value, text); });
}

Result<Place> parse_place(std::string_view text) {
  Place place;
  auto bytes = from_base64url(text);
  if (!bytes || bytes.value().empty() || bytes.value().front() != kPlaceVersion ||
      !take_place(std::string_view(bytes.value()).substr(1), place) || !is_id(place.id))
    return malformed("cursor.invalid", "not a cursor that this list gave out", "cursor");
  return place;
}

}  // namespace

std::string ListAnswer::to_json() const {
  std::string out;
  out.reserve(items.size() + 256);
  out += "{\"items\":";
  out += items;
  out += ",\"total\":";
  if (total) {
    append_json_number(out, *total);
  } else {
    out += "null,\"total_at_least\":";
    append_json_number(out, total_at_least);
  }
  out += ",\"page\":";
  out += page ? std::to_string(*page) : "null";
  out += ",\"page_size\":" + std::to_string(page_size);
  out += ",\"next_cursor\":";
  out += next_cursor ? json_string(*next_cursor) : "null";
  out += ",\"position\":" + json_string(to_text(position)) + "}";
  return out;
}

Result<std::optional<Place>> check(const ListQuery& query) {
  if (query.page_size < 1 || query.page_size > kPageSizeMax)
    return invalid("list.page_size", "must be 1 to " + std::to_string(kPageSizeMax), "page_size");
  if (query.cursor) {
    HUB_TRY(auto place, parse_place(*query.cursor));
    return std::optional<Place>(std::move(place));
  }
  if (query.page < 1) return invalid("list.page", "pages are numbered from 1", "page");
  if (std::uint64_t{query.page} * query.page_size > kPagedRowsMax)
    return invalid("list.use_cursor", "pages reach 10,000 rows; go on with next_cursor", "page");
  return std::optional<Place>();
}

std::string to_text(const Place& place) {
  std::string bytes(1, kPlaceVersion);
  append_place(bytes, place.created_at, place.id);
  return to_base64url(bytes);
}

bool matches(const ListQuery& query, const Row& row) {
  if (query.status ? row.status != *query.status : row.status == Status::deleted) return false;
  if (query.owner && row.owner != *query.owner) return false;
  if (query.provider && row.provider != *query.provider) return false;
  for (const auto& wanted : query.labels)
    if (!any_label(row.labels, [&](std::string_view key, std::string_view value) {
          return key == wanted.first && value == wanted.second;
        }))
      return false;
  if (!query.name.empty() && row.name != query.name) return false;
  if (!query.id_prefix.empty() && !id_of(row).starts_with(query.id_prefix)) return false;
  return query.text.empty() || has_text(row, query.text);
}

}  // namespace hub::deployments
