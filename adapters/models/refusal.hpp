#pragma once
#include <string>
#include <string_view>

#include "adapters/models/openai_answers.hpp"
#include "adapters/models/outcome.hpp"
#include "events/core/instant.hpp"

namespace hub::calls {

/// The headers of an answer that say when to come again; empty: not sent.
struct RetryHeaders {
  std::string retry_after_ms;
  std::string retry_after;   ///< seconds, decimals too, or an HTTP date
  std::string should_retry;  ///< x-should-retry: true or false
};

/// The wait that they ask for, 0 when none that is understood: retry-after-ms counts before retry-after. At most
/// kRetryAfterMsMax.
std::int64_t wait_ms(const RetryHeaders& headers, Instant now);

/// What an answer with a status other than 2xx means. x-should-retry decides before the status does; a quota that is
/// used up is never tried again.
CallFailure refusal_of(int status, const ErrorBody& error, const RetryHeaders& headers);
/// What an error inside a stream (or in a body with status 200) means, by its code and type.
CallFailure error_in_answer(const ErrorBody& error);

/// `text` for people: without `secret`, valid UTF-8, without control characters, at most kDetailBytesMax bytes.
std::string clean_detail(std::string_view text, std::string_view secret);

}  // namespace hub::calls
