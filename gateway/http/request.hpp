#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/asio.hpp"
#include "gateway/http/query.hpp"
#include "projections/accounts/principal.hpp"

namespace hub::http {

/// Of a request that matched no route.
inline constexpr std::size_t kNoRoute = static_cast<std::size_t>(-1);

struct Header {
  Field id = Field::unknown;
  std::string_view name;
  std::string_view value;
};

/// One request. Every view points into buffers of its connection and is good until the handler has answered.
struct Request {
  Verb method = Verb::unknown;
  std::string_view target;  ///< as sent
  std::string_view path;    ///< the target without the query, as sent: path parameters are decoded, this is not
  std::string_view body;
  std::vector<Header> headers;
  bool keep_alive = true;
  bool http_1_0 = false;
  bool upgrade = false;           ///< asks for another protocol
  bool expects_continue = false;  ///< waits for "100 Continue" before it sends the body

  std::string_view id;                  ///< X-Request-Id when it is 1 to 64 of [A-Za-z0-9._-], else made here
  std::string_view route;               ///< pattern of the matched route, empty when none matched; a label for metrics
  std::size_t route_number = kNoRoute;  ///< Route::number of it
  std::vector<Parameter> path_parameters;
  Query query;
  asio::ip::address remote;                              ///< of the client; behind a trusted proxy what that says
  bool secure = false;                                   ///< came over TLS, here or at a trusted proxy
  std::shared_ptr<const accounts::Principal> principal;  ///< null only on routes for everyone

  /// Ids of entities that were looked for in vain, or that do not let the caller do this: noted where that is found.
  mutable std::vector<std::string> missed;
  /// When something was missed, the server finds out what others have written, and handles the request once more: then
  /// nothing may have been sent on behalf of it, and a refusal is not yet one.
  bool may_look_again = false;

  DecodedText decoded;  ///< owns what had to be decoded
  std::string id_storage;

  /// The first header of that name; null when there is none.
  std::optional<std::string_view> header(Field name) const {
    for (const auto& header : headers)
      if (header.id == name) return header.value;
    return std::nullopt;
  }
  /// For headers that Beast has no name for. Case does not matter.
  std::optional<std::string_view> header(std::string_view name) const;
  /// The decoded text of `{name}` in the route's pattern, which must have it.
  std::string_view param(std::string_view name) const;
  /// Makes it ready for the next request without giving memory back.
  void clear();
};

/// Sets `id` from X-Request-Id, or makes one.
void assign_request_id(Request& request);
/// Splits `target` into path and query. Fails: malformed `http.bad_target`, and what Query::parse fails with.
Result<void> parse_target(Request& request);
/// True when the comma-separated list `list` holds `token`; case does not matter.
bool list_holds(std::string_view list, std::string_view token);
bool equal_without_case(std::string_view a, std::string_view b);

}  // namespace hub::http
