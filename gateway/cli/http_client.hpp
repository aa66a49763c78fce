#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "events/core/instant.hpp"
#include "gateway/cli/endpoint.hpp"

namespace hub::cli {

inline constexpr std::size_t kAnswerBytesMax = std::size_t{256} << 20U;

struct HttpRequest {
  std::string method = "GET";
  std::string target;           ///< "/api/v1/deployments?page=1"
  std::string body;             ///< empty: none
  std::string idempotency_key;  ///< empty: none
  Duration timeout = seconds(60);
  std::string content_type = "application/json";  ///< of the body
};

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::string request_id;
  Duration retry_after;  ///< 0: not said
  Duration age;          ///< how old it may be; 0: not said
};

/// One keep-alive connection to a server. Not for use from several threads.
class HttpClient {
 public:
  explicit HttpClient(Endpoint endpoint);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  const Endpoint& endpoint() const;
  /// True once there was a connection over which a request could be sent.
  bool was_connected() const;

  /// The answer, whatever its status. A request that is safe to repeat (GET, DELETE, PUT, or with an idempotency key)
  /// is sent again when its answer was lost, at most twice. Fails: `cli.unreachable`, `cli.answer_invalid`.
  Result<HttpAnswer> send(const HttpRequest& request);

  /// As send(); an answer of 400 and above is a failure with the code and text of its problem+json. 429 and 503 with a
  /// Retry-After are tried again for at most 10 s when that is safe.
  Result<HttpAnswer> call(const HttpRequest& request);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

/// What a problem+json says; a body that is none gives the code `http.<status>`.
Failure failure_of(const HttpAnswer& answer);

/// "?a=1&b=2" of what is not empty, or "".
std::string query_string(const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace hub::cli
