#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "events/core/instant.hpp"

namespace hub::calls {

enum class OutcomeKind : std::uint8_t { completed, failed, aborted };

/// Whether a failed call may be made again.
enum class Retry : std::uint8_t {
  retry,      ///< the same call may succeed later: connection trouble, 408, 409, 5xx, a time-out, a broken answer
  slow_down,  ///< 429: later, and the model is to be called less
  never,      ///< the same call fails again: other 4xx, no quota, a refused address, another protocol
};

/// Tokens, as the endpoint counted them.
struct Usage {
  bool known = false;  ///< false: the answer did not say, or broke off before it did
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t total_tokens = 0;
  bool operator==(const Usage&) const = default;
};

/// What went wrong with a call or its answer.
struct CallFailure {
  Retry retry = Retry::never;
  std::string_view code;  ///< one of those below
  std::string detail;     ///< for people
};

// Codes of a failed call; schemas/failures.yaml says what each means.
inline constexpr std::string_view kTimedOut = "call.timed_out";
inline constexpr std::string_view kUnreachable = "call.unreachable";
inline constexpr std::string_view kRefusedAddress = "call.refused_address";
inline constexpr std::string_view kTlsRefused = "call.tls_refused";
inline constexpr std::string_view kRedirected = "call.redirected";
inline constexpr std::string_view kWrongContentType = "call.wrong_content_type";
inline constexpr std::string_view kTruncated = "call.truncated";
inline constexpr std::string_view kMalformedAnswer = "call.malformed_answer";
inline constexpr std::string_view kTooLarge = "call.too_large";
inline constexpr std::string_view kErrorInStream = "call.error_in_stream";
inline constexpr std::string_view kUnauthorised = "call.unauthorised";
inline constexpr std::string_view kForbidden = "call.forbidden";
inline constexpr std::string_view kNotFound = "call.not_found";
inline constexpr std::string_view kRejected = "call.rejected";
inline constexpr std::string_view kRateLimited = "call.rate_limited";
inline constexpr std::string_view kQuotaUsedUp = "call.quota_used_up";
inline constexpr std::string_view kServerError = "call.server_error";
inline constexpr std::string_view kTooManyCalls = "call.too_many_calls";
inline constexpr std::string_view kAborted = "call.aborted";

/// Of Outcome::detail.
inline constexpr std::size_t kDetailBytesMax = 300;
/// The longest wait that is taken over from an endpoint.
inline constexpr std::int64_t kRetryAfterMsMax = 3'600'000;

/// How one call ended. Told once for each call.
struct Outcome {
  OutcomeKind kind = OutcomeKind::failed;
  Retry retry = Retry::never;  ///< of a failed one
  std::string code;            ///< empty when completed; kAborted when aborted
  int http_status = 0;         ///< 0: no answer came
  /// For people: valid UTF-8 of at most kDetailBytesMax bytes, with the endpoint's own words where it gave any, never
  /// with the call's secret.
  std::string detail;
  /// What the endpoint asked for, at most kRetryAfterMsMax; 0: nothing, or what cannot be understood.
  std::int64_t retry_after_ms = 0;
  /// JSON of a completed call: {"text": …} (with "tool_calls" when there are any), {"embeddings": [[…]]} or
  /// {"json": …}. Of a stream that broke off: {"text": …} as far as it came; else empty.
  std::string result;
  std::string finish_reason;  ///< of the first choice; empty when not said
  /// The bytes of a whole (not streamed) answer, errors too; only where Request::keep_answer asks for them.
  std::string answer;
  Usage usage;
  Instant started;  ///< when the caller took it up
  Instant ended;
};

}  // namespace hub::calls
