#include "projections/core/list_answer.hpp"

#include "events/core/json.hpp"

namespace hub::projections {

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

Result<std::optional<Place>> check_page(std::uint32_t page, std::uint32_t page_size,
                                        const std::optional<std::string>& cursor) {
  if (page_size < 1 || page_size > kPageSizeMax)
    return invalid("list.page_size", "must be 1 to " + std::to_string(kPageSizeMax), "page_size");
  if (cursor) {
    HUB_TRY(auto place, parse_place(*cursor));
    return std::optional<Place>(std::move(place));
  }
  if (page < 1) return invalid("list.page", "pages are numbered from 1", "page");
  if (std::uint64_t{page} * page_size > kPagedRowsMax)
    return invalid("list.use_cursor", "pages reach 10,000 rows; go on with next_cursor", "page");
  return std::optional<Place>();
}

}  // namespace hub::projections
