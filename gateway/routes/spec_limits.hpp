#pragma once
#include <string_view>

#include "actors/deployments/commands.hpp"
#include "events/core/result.hpp"

namespace hub::routes {

inline constexpr std::size_t kNameCharactersMax = 128;
inline constexpr std::size_t kHostCharactersMax = 100;
inline constexpr std::size_t kCommandItemsMax = 1'024;
inline constexpr std::size_t kCommandBytesMax = 128 << 10;  ///< of one item, as Linux takes it
inline constexpr std::size_t kEnvCountMax = 1'024;
inline constexpr std::size_t kEnvValueBytesMax = 64 << 10;
inline constexpr std::size_t kPortsMax = 64;
inline constexpr std::size_t kFilesMax = 256;
inline constexpr std::size_t kLabelsMax = 64;
inline constexpr std::size_t kLabelValueBytesMax = 1'024;
inline constexpr std::size_t kBatchIdsMax = 1'000;

// Each fails with invalid `deployment.<field>` and the field's path.
Result<void> check_spec(const deployments::Spec& spec);
Result<void> check_change(const deployments::ChangeDeployment& change);
/// Fails: invalid `code`, with the field.
Result<void> check_labels(const std::map<std::string, std::string>& labels, std::string_view code);
/// 1 to kNameCharactersMax characters, and no control character.
bool is_display_name(std::string_view name);
Result<void> check_env_name(std::string_view name);
Result<void> check_env_value(std::string_view name, std::string_view value);

}  // namespace hub::routes
