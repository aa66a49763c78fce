#include "projections/deployments/list.hpp"

#include <algorithm>

#include "projections/core/matching.hpp"

namespace hub::deployments {
namespace {

using projections::any_label;
using projections::contains_text;

std::string_view id_of(const Row& row) {
  // The first member of the answer: {"id":"…
  constexpr std::size_t id_at = 7, id_size = 32;
  return row.json.substr(std::min(id_at, row.json.size()), id_size);
}

bool has_text(const Row& row, std::string_view text) {
  return contains_text(row.name, text) || contains_text(id_of(row), text) ||
         any_label(row.labels, [&](std::string_view, std::string_view value) { return contains_text(value, text); });
}

}  // namespace

Result<std::optional<Place>> check(const ListQuery& query) {
  return projections::check_page(query.page, query.page_size, query.cursor);
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
