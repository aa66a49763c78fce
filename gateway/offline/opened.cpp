#include "gateway/offline/opened.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "events/log/embedded_log.hpp"
#include "gateway/server/public_key_file.hpp"

namespace hub::offline {
namespace {

/// " (at http://…, process 12)" by what a running server writes down, or "".
std::string who_runs(const server::DataFolder& folder) {
  std::ostringstream text;
  text << std::ifstream(folder.server_json()).rdbuf();
  boost::system::error_code error;
  const auto document = boost::json::parse(text.str(), error);
  if (error || !document.is_object()) return {};
  const auto* url = document.as_object().if_contains("url");
  const auto* pid = document.as_object().if_contains("pid");
  if (url == nullptr || pid == nullptr || !url->is_string() || !pid->is_int64()) return {};
  return fmt::format(" (at {}, process {})", std::string(url->as_string()), pid->as_int64());
}

Result<std::unique_ptr<log::Log>> open(const server::DataFolder& folder, const log::EmbeddedOptions& options) {
  auto opened = log::open_embedded_log(options);
  if (!opened) return explained(std::move(opened).error(), folder);
  return opened;
}

}  // namespace

Failure explained(Failure failure, const server::DataFolder& folder) {
  if (failure.code == "log.locked")
    failure.detail =
        fmt::format("a server{} or another command has {} open: stop it first", who_runs(folder), folder.root.string());
  if (failure.code == "log.absent")
    failure.detail = fmt::format("there is no log in {}: is it the right --data?", folder.log().string());
  return failure;
}

Result<std::unique_ptr<log::Log>> open_to_read(const server::DataFolder& folder) {
  log::EmbeddedOptions options;
  options.folder = folder.log();
  options.read_only = true;
  return open(folder, options);
}

Result<std::unique_ptr<log::Log>> open_to_write(const server::DataFolder& folder, std::uint32_t partitions) {
  HUB_TRY(folder.make());
  log::EmbeddedOptions options;
  options.folder = folder.log();
  options.partitions = partitions;
  return open(folder, options);
}

Result<log::PublicKeys> load_public_keys(const server::DataFolder& folder,
                                         const std::vector<std::filesystem::path>& files) {
  if (files.empty()) return load_public_keys(folder, {folder.log() / server::kPublicKeyFile});
  log::PublicKeys keys;
  for (const auto& file : files) {
    auto loaded = log::PublicKeys::load(file);
    if (!loaded) {
      auto failure = std::move(loaded).error();
      failure.detail = fmt::format("{}: {}", file.string(), failure.detail);
      return failure;
    }
    keys.add(loaded.value());
  }
  return keys;
}

secrets::KeySource key_source(const cli::EncryptionKey& given, const server::DataFolder& folder) {
  std::error_code error;
  const auto is_there = [&](const char* name) { return std::filesystem::exists(folder.keys() / name, error); };
  const bool dev =
      given.text.empty() && given.file.empty() && (is_there("encryption-key") || is_there("encryption-key.next"));
  return {given.text, given.file, dev, folder.keys()};
}

Failure no_encryption_key() {
  return unavailable("secrets.no_key", "set ENCRYPTION_KEY to the key in force, or give --encryption-key-file");
}

}  // namespace hub::offline
