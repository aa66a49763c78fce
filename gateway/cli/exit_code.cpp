#include "gateway/cli/exit_code.hpp"

namespace hub::cli {

Exit exit_of(const Failure& failure) {
  const std::string_view code = failure.code;
  if (code == kCodeUsage || code.substr(0, 7) == "config.") return Exit::usage;
  if (code == kCodeUnreachable || code == "kafka.unreachable") return Exit::unreachable;
  if (code == kCodeUnverified) return Exit::unverified;
  return failure.kind == FailureKind::not_found ? Exit::not_found : Exit::failed;
}

}  // namespace hub::cli
