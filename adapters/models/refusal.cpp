#include "adapters/models/refusal.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "events/core/json.hpp"

namespace hub::calls {
namespace {

constexpr std::string_view kHidden = "[secret]";
/// What `insufficient_quota` is called by who speaks like OpenAI.
constexpr std::string_view kQuotaCodes[] = {"insufficient_quota", "billing_hard_limit_reached"};
constexpr std::string_view kRateCodes[] = {"rate_limit_exceeded", "rate_limit_error", "rate_limit_reached"};
constexpr std::string_view kOurFaultTypes[] = {"invalid_request_error", "authentication_error",      "permission_error",
                                               "not_found_error",       "exceed_context_size_error", "BadRequestError",
                                               "NotFoundError",         "not_supported_error"};

template <std::size_t Size>
bool is_one_of(const ErrorBody& error, const std::string_view (&names)[Size]) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view name) { return error.code == name || error.type == name; });
}

bool parse_number(std::string_view text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
}

std::int64_t bounded(double ms) {
  if (!(ms > 0)) return 0;
  return ms >= static_cast<double>(kRetryAfterMsMax) ? kRetryAfterMsMax : static_cast<std::int64_t>(std::ceil(ms));
}

struct ByStatus {
  int status;
  Retry retry;
  std::string_view code;
};
constexpr ByStatus kByStatus[] = {
    {401, Retry::never, kUnauthorised}, {403, Retry::never, kForbidden}, {404, Retry::never, kNotFound},
    {408, Retry::retry, kTimedOut},     {409, Retry::retry, kRejected},  {429, Retry::slow_down, kRateLimited},
};

ByStatus by_status(int status) {
  for (const auto& entry : kByStatus)
    if (entry.status == status) return entry;
  if (status >= 500) return {status, Retry::retry, kServerError};
  if (status >= 300 && status < 400) return {status, Retry::never, kRedirected};
  return {status, Retry::never, kRejected};
}

std::string words(int status, const ErrorBody& error) {
  if (status >= 300 && status < 400)
    return "the endpoint redirects (HTTP " + std::to_string(status) + "), which is not followed";
  const auto said = "HTTP " + std::to_string(status);
  return error.message.empty() ? said : said + ": " + error.message;
}

/// Bytes of `text` that fit without cutting a character.
std::size_t fitting(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80U) --most;
  return most;
}

}  // namespace

std::int64_t wait_ms(const RetryHeaders& headers, Instant now) {
  double value = 0;
  if (parse_number(headers.retry_after_ms, value) && value > 0) return bounded(value);
  if (parse_number(headers.retry_after, value)) return bounded(value * 1'000);
  if (headers.retry_after.empty()) return 0;
  const auto at = curl_getdate(headers.retry_after.c_str(), nullptr);
  return at < 0 ? 0 : bounded(static_cast<double>(at) * 1e3 - static_cast<double>(now.micros) / 1e3);
}

CallFailure refusal_of(int status, const ErrorBody& error, const RetryHeaders& headers) {
  const auto entry = by_status(status);
  CallFailure failure{entry.retry, entry.code, words(status, error)};
  if (status == 429 && is_one_of(error, kQuotaCodes)) {
    failure.retry = Retry::never;
    failure.code = kQuotaUsedUp;
  } else if (headers.should_retry == "false") {
    failure.retry = Retry::never;
  } else if (headers.should_retry == "true" && failure.retry == Retry::never && status >= 400) {
    failure.retry = Retry::retry;
  }
  return failure;
}

CallFailure error_in_answer(const ErrorBody& error) {
  int status = 0;
  std::from_chars(error.code.data(), error.code.data() + error.code.size(), status);
  CallFailure failure{Retry::retry, kErrorInStream,
                      error.message.empty() ? "the answer is an error without words" : error.message};
  if (is_one_of(error, kQuotaCodes)) {
    failure.retry = Retry::never;
    failure.code = kQuotaUsedUp;
  } else if (status == 429 || is_one_of(error, kRateCodes)) {
    failure.retry = Retry::slow_down;
  } else if (status >= 400 && status < 600) {
    failure.retry = by_status(status).retry;
  } else if (is_one_of(error, kOurFaultTypes)) {
    failure.retry = Retry::never;
  }
  return failure;
}

std::string clean_detail(std::string_view text, std::string_view secret) {
  std::string out;
  while (!text.empty() && out.size() <= kDetailBytesMax) {
    const auto at = secret.empty() ? std::string_view::npos : text.find(secret);
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    out += kHidden;
    text.remove_prefix(at + secret.size());
  }
  out = to_valid_utf8(std::string_view(out).substr(0, fitting(out, kDetailBytesMax)));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, ' ');
  // Bytes that are no UTF-8 have become longer.
  out.resize(fitting(out, kDetailBytesMax));
  return out;
}

}  // namespace hub::calls
