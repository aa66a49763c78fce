#pragma once
#include <string>
#include <string_view>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::projections {

/// Where an entity stands in lists: when it was made, and its id among equally old ones.
struct Place {
  Instant created_at;
  std::string id;
  bool operator==(const Place&) const = default;
};

/// Appends what sorts the newest first, and among equally old ones the greatest id: every bit is turned over, for
/// RocksDB walks forwards faster than backwards, and lists begin with the newest.
void append_place(std::string& key, Instant created_at, std::string_view id);
bool take_place(std::string_view bytes, Place& place);
/// The id alone, written into `buffer`; empty when there is none.
std::string_view id_in_place(std::string_view bytes, std::string& buffer);

/// The cursor of a list that goes on behind a place.
std::string to_text(const Place& place);
/// Fails: malformed `cursor.invalid`.
Result<Place> parse_place(std::string_view text);

}  // namespace hub::projections
