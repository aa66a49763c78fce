#pragma once
#include <string>
#include <string_view>

#include "gateway/http/request.hpp"
#include "gateway/http/response.hpp"

namespace hub::http {

/// How a body travels.
struct Framing {
  bool keep_alive = true;
  bool chunked = false;
  bool head_only = false;  ///< the answer to HEAD: the length is told, the body is not sent
};

/// Appends status line and headers. The body is not appended.
void append_header(std::string& out, const Request& request, const Response& response, Framing framing);
/// True when the status allows a body.
bool may_have_body(unsigned status);
/// Compresses the body when the handler allows it, the client takes it and it is worth it.
void compress_if_wanted(const Request& request, Response& response);
/// `text` as gzip.
std::string gzip(std::string_view text);

}  // namespace hub::http
