#pragma once
#include "events/core/result.hpp"

namespace hub::cli {

/// What the process answers to its caller. Other numbers are never used.
enum class Exit : int {
  done = 0,
  failed = 1,       ///< refused by the server, or it went wrong
  usage = 2,        ///< wrong flags, values or configuration; nothing was tried
  unreachable = 3,  ///< no server answered, or no broker
  not_found = 4,
  unverified = 5,  ///< a verification found something wrong
};

// Codes of failures that this side makes; those of the server come through as they are.
inline constexpr std::string_view kCodeUsage = "cli.usage";
inline constexpr std::string_view kCodeUnreachable = "cli.unreachable";
inline constexpr std::string_view kCodeAmbiguous = "cli.ambiguous";
inline constexpr std::string_view kCodeAnswer = "cli.answer_invalid";
inline constexpr std::string_view kCodeUnverified = "cli.unverified";

inline Failure wrong_usage(std::string_view detail, std::string_view field = {}) {
  return invalid(kCodeUsage, detail, field);
}
inline Failure unreachable(std::string_view detail) {
  return unavailable(kCodeUnreachable, detail);
}

/// `config.…` and `cli.usage` are wrong usage; not_found is 4; everything else that has no code of its own is 1.
Exit exit_of(const Failure& failure);

}  // namespace hub::cli
