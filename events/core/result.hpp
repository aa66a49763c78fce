#pragma once
#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/try.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace hub {

/// Why something expected went wrong, as the HTTP answer will say it. The number is the HTTP status.
enum class FailureKind : std::int32_t {
  malformed = 400,     ///< the bytes are no JSON, no frame, no URL
  unauthorised = 401,  ///< no valid credentials
  forbidden = 403,     ///< known, but without the right
  not_found = 404,
  conflict = 409,  ///< the entity is not in a state that allows it
  gone = 410,      ///< was there; kept no longer
  too_large = 413,
  invalid = 422,   ///< well formed, but a value is out of its range
  too_many = 429,  ///< a queue is full; retry after `retry_after_ms`
  internal = 500,
  unavailable = 503,           ///< not now; a retry is safe
  expired = 504,               ///< the deadline passed before a decision
  insufficient_storage = 507,  ///< the disk is nearly full; reads go on
};

/// Expected trouble. `code` is stable and listed in schemas/failures.yaml; `detail` is for people and holds no
/// secret, path or stack; `field` is the JSON path of the offending field, empty when there is none.
struct Failure {
  FailureKind kind = FailureKind::internal;
  std::string code;
  std::string detail;
  std::string field;
  std::int64_t retry_after_ms = 0;  ///< 0: not said

  bool operator==(const Failure&) const = default;
  int http_status() const { return static_cast<int>(kind); }
};

/// value() on a failure ends the process: that is a bug, not a case.
template <class T>
using Result = boost::outcome_v2::basic_result<T, Failure, boost::outcome_v2::policy::terminate>;

inline boost::outcome_v2::success_type<void> success() {
  return boost::outcome_v2::success();
}

Failure invalid(std::string_view code, std::string_view detail, std::string_view field = {});
Failure malformed(std::string_view code, std::string_view detail, std::string_view field = {});
Failure conflict(std::string_view code, std::string_view detail);
Failure not_found(std::string_view code, std::string_view detail);
Failure forbidden(std::string_view code, std::string_view detail);
Failure unavailable(std::string_view code, std::string_view detail);
Failure internal_failure(std::string_view code, std::string_view detail);

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace hub

/// A broken invariant ends the process: going on would write what is not true.
#define HUB_ASSERT(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::hub::assertion_failed(#condition, __FILE__, __LINE__))
#define HUB_TRY(...) BOOST_OUTCOME_TRY(__VA_ARGS__)
