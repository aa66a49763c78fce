#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/cli/text.hpp"

namespace hub::offline {

/// "1 record", "2,000 records", "3 batches"
inline std::string counted(std::uint64_t value, std::string_view noun) {
  const auto* ending = value == 1 ? "" : noun.ends_with("ch") ? "es" : "s";
  return fmt::format("{} {}{}", cli::count_text(static_cast<std::int64_t>(value)), noun, ending);
}

}  // namespace hub::offline
