#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/core/result.hpp"
#include "gateway/http/asio.hpp"
#include "gateway/http/request.hpp"

namespace hub::http {

/// Takes the pieces of a body that is made while it is sent.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Sends one piece and waits until the connection took it. False: the client has gone or the server stops, and
  /// nothing more will be sent.
  virtual asio::awaitable<bool> write(std::string_view piece) = 0;
};
/// Makes such a body. It is cancelled (its awaits end with operation_aborted) when the client goes or the server stops.
using StreamedBody = std::function<asio::awaitable<void>(BodyWriter&)>;

struct Response {
  unsigned status = 200;
  std::string_view content_type = "application/json";  ///< must outlive the answer: a literal
  std::string body;
  std::shared_ptr<const std::string> shared_body;  ///< in place of `body`: sent without a copy
  std::vector<std::pair<std::string, std::string>> headers;
  std::string code;           ///< of a refusal, for logs and metrics
  bool compressible = false;  ///< may go out as gzip when the client takes it
  StreamedBody stream;        ///< in place of a body: sent in chunks, and the connection closes behind it

  std::string_view bytes() const { return shared_body ? std::string_view(*shared_body) : std::string_view(body); }
};

/// 200 with JSON, or another status.
Response answer(std::string json, unsigned status = 200);
Response answer(std::shared_ptr<const std::string> json, unsigned status = 200);
/// 204, 304 and the like.
Response empty_answer(unsigned status);
/// RFC 9457: {type, title, status, code, detail, field?, request_id}, with Retry-After and WWW-Authenticate where they
/// belong.
Response refuse(const Request& request, const Failure& failure);
/// A failure with any HTTP status, for what FailureKind has no name.
Failure http_failure(int status, std::string_view code, std::string_view detail);

}  // namespace hub::http
