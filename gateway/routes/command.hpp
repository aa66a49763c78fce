#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/engine/input.hpp"
#include "actors/engine/reply.hpp"
#include "events/core/result.hpp"
#include "gateway/http/request.hpp"
#include "gateway/http/response.hpp"
#include "projections/accounts/principal.hpp"

namespace hub::routes {

/// How long a command may wait to be decided.
inline constexpr Duration kCommandPatience = seconds(5);

/// Everything of a command that comes from its request; entity, type, data and project are the caller's to set.
/// Fails: invalid `idempotency.key` (1 to 255 printable ASCII characters).
Result<engine::Input> command_of(const http::Request& request, Instant now);

/// Nothing when the command was accepted; else what is answered: a refusal, or 202 with {command_id, status_url} when
/// it is on its way to another node that has not decided it in time.
std::optional<http::Response> not_done(const http::Request& request, const Result<engine::Reply>& reply,
                                       std::string_view command_id);

/// Fails: http 415 `http.unsupported_media_type` when a body is there that does not call itself JSON.
Result<void> check_json(const http::Request& request);

/// The project that a request is about: `project=`, else the principal's own. Fails: forbidden `auth.forbidden` when
/// the principal has not `role` there.
Result<std::string> project_of(const http::Request& request, accounts::Role role);

/// `page=` and `page_size=` of a short list, all of which is in memory.
struct Paging {
  std::uint64_t page = 1;
  std::uint64_t size = 20;  ///< 1 to 1,000

  std::size_t offset() const { return (page - 1) * size; }
  /// {items, total, page, page_size}; `items` are those of this page.
  std::string json(const std::vector<std::string>& items, std::size_t total) const;
};
/// Fails: invalid `query.range`.
Result<Paging> paging_of(const http::Request& request);

/// For Request::missed: what makes an answer 403 or 404 here may have been changed at another node.
void note_missing(const http::Request& request, std::string_view id);
void note_missing_right(const http::Request& request, std::string_view project);

/// Fails: forbidden `auth.forbidden`, and notes the project.
Result<void> require(const http::Request& request, accounts::Role role, std::string_view project);

}  // namespace hub::routes
