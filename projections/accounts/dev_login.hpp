#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "events/core/result.hpp"
#include "projections/accounts/access_table.hpp"

namespace hub::accounts {

inline constexpr std::string_view kDevUser = "dev";
inline constexpr std::size_t kDevTokenSizeMin = 8;

/// Where `serve --dev` keeps the token, for the command line to find: KEYS/dev-token, 0600.
std::filesystem::path dev_token_file(const std::filesystem::path& keys_folder);

/// The token of a developer's server. `given` (COMPUTEHUB_DEV_TOKEN) wins and is written down; when it is empty, the
/// one written down stays; else one is made. Fails: invalid `dev_token.invalid` (8 to 512 printable characters without
/// spaces); internal `dev_token.file`.
Result<std::string> dev_token(const std::filesystem::path& keys_folder, std::string_view given);

/// Lets `token` in as "user:dev", admin of every project of organisation `default`. Only for servers on loopback.
void admit_dev(AccessTable& table, std::string_view token);

}  // namespace hub::accounts
