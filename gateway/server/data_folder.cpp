#include "gateway/server/data_folder.hpp"

#include <unistd.h>

#include <fstream>

#include "events/core/json.hpp"

namespace hub::server {

namespace fs = std::filesystem;

Result<void> DataFolder::make() const {
  try {
    for (const auto& folder : {log(), state(), projections(), local(), keys()}) fs::create_directories(folder);
    fs::permissions(keys(), fs::perms::owner_all);
    return success();
  } catch (const fs::filesystem_error& error) {
    return unavailable("data.unusable",
                       "the data folder " + root.string() + " cannot be used: " + error.code().message());
  }
}

Result<void> DataFolder::write_address(const std::string& url) const {
  const auto fresh = root / "server.json.new";
  {
    std::ofstream file(fresh, std::ios::trunc);
    file << "{\"url\":" << json_string(url) << ",\"pid\":" << ::getpid() << "}\n";
    if (!file.flush()) return unavailable("data.unusable", "server.json cannot be written");
  }
  std::error_code error;
  fs::rename(fresh, server_json(), error);
  if (error) return unavailable("data.unusable", "server.json cannot be written: " + error.message());
  return success();
}

void DataFolder::remove_address() const {
  std::error_code ignored;
  fs::remove(server_json(), ignored);
}

}  // namespace hub::server
