#include "events/core/result.hpp"

#include <cstdlib>

#include "events/core/logging.hpp"

namespace hub {
namespace {

Failure failure(FailureKind kind, std::string_view code, std::string_view detail, std::string_view field = {}) {
  return {kind, std::string(code), std::string(detail), std::string(field), 0};
}

}  // namespace

Failure invalid(std::string_view code, std::string_view detail, std::string_view field) {
  return failure(FailureKind::invalid, code, detail, field);
}
Failure malformed(std::string_view code, std::string_view detail, std::string_view field) {
  return failure(FailureKind::malformed, code, detail, field);
}
Failure conflict(std::string_view code, std::string_view detail) {
  return failure(FailureKind::conflict, code, detail);
}
Failure not_found(std::string_view code, std::string_view detail) {
  return failure(FailureKind::not_found, code, detail);
}
Failure forbidden(std::string_view code, std::string_view detail) {
  return failure(FailureKind::forbidden, code, detail);
}
Failure unavailable(std::string_view code, std::string_view detail) {
  return failure(FailureKind::unavailable, code, detail);
}
Failure internal_failure(std::string_view code, std::string_view detail) {
  return failure(FailureKind::internal, code, detail);
}

void assertion_failed(const char* condition, const char* file, int line) {
  logging::write_last("broken invariant; the process ends", {{"condition", condition}, {"file", file}, {"line", line}});
  std::abort();
}

}  // namespace hub
