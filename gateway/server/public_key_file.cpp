#include "gateway/server/public_key_file.hpp"

#include <fstream>
#include <sstream>

namespace hub::server {

Result<void> write_public_key(const std::filesystem::path& log_folder, const log::PublicKey& key) {
  const auto file = log_folder / kPublicKeyFile;
  std::ostringstream there;
  there << std::ifstream(file).rdbuf();
  if (there.str() == key.pem()) return success();
  std::ofstream out(file, std::ios::trunc);
  out << key.pem();
  if (!out.flush()) return unavailable("data.unusable", "the public key cannot be written beside the log");
  return success();
}

}  // namespace hub::server
