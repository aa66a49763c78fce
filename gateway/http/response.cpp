#include "gateway/http/response.hpp"

#include "events/core/json.hpp"

namespace hub::http {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view text) {
  append_json_string(out, name);
  out += ':';
  append_json_string(out, to_valid_utf8(text));
  out += ',';
}

}  // namespace

Response answer(std::string json, unsigned status) {
  Response response;
  response.status = status;
  response.body = std::move(json);
  return response;
}

Response answer(std::shared_ptr<const std::string> json, unsigned status) {
  Response response;
  response.status = status;
  response.shared_body = std::move(json);
  return response;
}

Response empty_answer(unsigned status) {
  Response response;
  response.status = status;
  response.content_type = {};
  return response;
}

Response refuse(const Request& request, const Failure& failure) {
  Response response;
  response.status = static_cast<unsigned>(failure.http_status());
  response.content_type = "application/problem+json";
  response.code = failure.code;
  std::string& out = response.body;
  out = R"({"type":"about:blank",)";
  append_member(out, "title", beast::http::obsolete_reason(beast::http::int_to_status(response.status)));
  out += R"("status":)";
  append_json_number(out, std::int64_t{failure.http_status()});
  out += ',';
  append_member(out, "code", failure.code);
  append_member(out, "detail", failure.detail);
  if (!failure.field.empty()) append_member(out, "field", failure.field);
  append_member(out, "request_id", request.id);
  out.back() = '}';
  if (failure.retry_after_ms > 0)
    response.headers.emplace_back("Retry-After", std::to_string((failure.retry_after_ms + 999) / 1000));
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"computehub\"");
  return response;
}

Failure http_failure(int status, std::string_view code, std::string_view detail) {
  return {static_cast<FailureKind>(status), std::string(code), std::string(detail), {}, 0};
}

}  // namespace hub::http
