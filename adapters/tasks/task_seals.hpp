#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "adapters/secrets/sealer.hpp"

namespace hub::models {

// What a task asks and what it came to are JSON, sealed before anything is recorded, as a JSON text.

inline constexpr std::string_view kInputPart = "input", kResultPart = "result";

/// `subject`: id of the task's project. Fails as Sealer::seal.
Result<std::string> seal_part(secrets::Sealer& sealer, std::string_view subject, std::string_view task,
                              std::string_view part, std::string_view json);
/// The same without waiting for anything; none when the project's key is not at hand.
std::optional<Result<std::string>> seal_part_at_once(secrets::Sealer& sealer, std::string_view subject,
                                                     std::string_view task, std::string_view part,
                                                     std::string_view json);
/// Fails as Sealer::open; malformed `sealed.malformed`.
Result<std::string> open_part(secrets::Sealer& sealer, std::string_view task, std::string_view part,
                              std::string_view sealed);

}  // namespace hub::models
