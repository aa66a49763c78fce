#include "projections/accounts/dev_login.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "events/accounts/token.hpp"

namespace hub::accounts {
namespace {

namespace fs = std::filesystem;

bool is_token(std::string_view token) {
  return token.size() >= kDevTokenSizeMin && token.size() <= kTokenSizeMax &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Failure file_failure() {
  return internal_failure("dev_token.file", "the dev token cannot be kept in the keys folder");
}

std::string written_down(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string line;
  std::getline(stream, line);
  return line;
}

/// The file is never readable by others, and never half written under its name.
Result<void> write_down(const fs::path& file, std::string_view token) {
  const auto temporary = fs::path(file) += ".tmp";
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return file_failure();
  const auto line = std::string(token) + "\n";
  const auto written = ::write(descriptor, line.data(), line.size());
  const bool closed = ::close(descriptor) == 0;
  if (!closed || written != static_cast<ssize_t>(line.size())) return file_failure();
  if (::rename(temporary.c_str(), file.c_str()) != 0) return file_failure();
  return success();
}

}  // namespace

fs::path dev_token_file(const fs::path& keys_folder) {
  return keys_folder / "dev-token";
}

Result<std::string> dev_token(const fs::path& keys_folder, std::string_view given) {
  std::error_code error;
  fs::create_directories(keys_folder, error);
  if (error || ::chmod(keys_folder.c_str(), 0700) != 0) return file_failure();
  const auto file = dev_token_file(keys_folder);
  auto token = given.empty() ? written_down(file) : std::string(given);
  if (token.empty()) token = make_token();
  if (!is_token(token))
    return invalid("dev_token.invalid", "a dev token is 8 to 512 printable characters without spaces");
  if (written_down(file) != token) {
    HUB_TRY(write_down(file, token));
  }
  return token;
}

void admit_dev(AccessTable& table, std::string_view token) {
  table.admit_admin(token, kDefaultOrganisation, kDevUser);
}

}  // namespace hub::accounts
