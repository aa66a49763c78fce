#pragma once
#include <map>
#include <string>
#include <vector>

#include "gateway/http/request.hpp"
#include "gateway/routes/command.hpp"
#include "projections/core/list_answer.hpp"

namespace hub::routes {

// What queries of lists have in common.

/// `project=`, else all in which the caller may see something. Fails: forbidden `auth.forbidden`.
Result<std::vector<std::string>> projects_of(const http::Request& request);

/// `label=key=value`; empty when it is not given. Fails: invalid `query.range`.
Result<std::map<std::string, std::string>> label_in(const http::Request& request);

/// `page=`, `page_size=` and `cursor=` of a query. Fails: invalid `query.range`.
template <class Query>
Result<void> read_page(const http::Request& request, Query& query) {
  HUB_TRY(const auto page, request.query.number("page", 1, 1'000'000'000));
  if (page) query.page = static_cast<std::uint32_t>(*page);
  HUB_TRY(const auto size, request.query.number("page_size", 1, projections::kPageSizeMax));
  if (size) query.page_size = static_cast<std::uint32_t>(*size);
  if (const auto cursor = request.query.get("cursor")) query.cursor = *cursor;
  return success();
}

}  // namespace hub::routes
