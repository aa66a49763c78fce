#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/request.hpp"
#include "gateway/http/response.hpp"
#include "gateway/http/transport.hpp"

namespace hub::http {

using Handler = std::function<asio::awaitable<Response>(Request&)>;

/// A connection that has become a WebSocket: the 101 is sent, the bytes that came behind the request are in `received`.
struct Upgraded {
  std::shared_ptr<Transport> transport;
  std::string received;
};
/// Owns the connection until it returns. `request` is good as long as that.
using UpgradeHandler = std::function<asio::awaitable<void>(Request& request, Upgraded connection)>;

enum class Access {
  everyone,  ///< a token is not needed; with a valid one the principal is there
  token,     ///< any valid token; what the principal may do is checked by the handler
};

struct Route {
  Verb verb = Verb::get;
  std::string pattern;  ///< "/api/v1/deployments/{id}/logs"; "{rest*}" as last segment takes all that follows
  Handler handler;
  Access access = Access::token;
  UpgradeHandler upgrade{};  ///< in place of a handler: a WebSocket (verb GET)
  /// Of an upgrade: who is let in, looked at before the connection becomes a WebSocket. Empty: everybody.
  std::function<Result<void>(const Request&)> admit{};
  std::size_t number = 0;        ///< set by Router::add: from 0, in the order of adding
  bool changes_nothing = false;  ///< although it is no GET: also there where writes are refused
};

/// What a path leads to.
struct Match {
  const Route* route = nullptr;
  bool known_path = false;  ///< with no route: another method would have one
};

/// A tree over the segments of the patterns. Filled before the server starts, only read behind that.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// From now on every added route but those of GET, and those that change nothing, is one that fails with `failure`,
  /// behind the check of who asks.
  void refuse_writes(Failure failure) { write_failure_ = std::move(failure); }
  /// The same verb and pattern twice is a bug.
  void add(Route route);
  /// Has a GET or HEAD of a path that no route has answered by `route`, which is one of GET. Once.
  void add_fallback(Route route);
  /// Sets `route` and `path_parameters` of the request. HEAD finds the route of GET. A segment that is empty, "." or
  /// "..", or that holds an encoded slash or NUL matches nothing.
  Match find(Request& request) const;
  /// The methods of the path for an Allow header: "GET, HEAD, OPTIONS"; empty for an unknown path.
  std::string allowed(Request& request) const;
  std::vector<const Route*> routes() const;

 private:
  struct Node;
  Match fall_back(Request& request) const;

  std::unique_ptr<Node> root_;
  std::unique_ptr<Route> fallback_;
  std::optional<Failure> write_failure_;
  std::size_t count_ = 0;
};

}  // namespace hub::http
