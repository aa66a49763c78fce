// What the server says of itself: versions, and the configuration in force.
#include <simdjson.h>

#include "events/log/chain.hpp"
#include "gateway/server/build_info.hpp"
#include "gateway/server/openapi.hpp"
#include "gateway/server/public_key_file.hpp"
#include "gateway/server/server_parts.hpp"

namespace hub::server {
namespace {

/// `info.version` of the document that the build has put in.
std::string read_api_version() {
  const auto document = openapi_document();
  simdjson::dom::parser parser;
  std::string_view version;
  HUB_ASSERT(parser.parse(*document)["info"]["version"].get(version) == simdjson::SUCCESS);
  return std::string(version);
}

const std::string& api_version() {
  static const std::string version = read_api_version();
  return version;
}

/// The port of "http://127.0.0.1:8080".
std::string port_in(const std::string& url) {
  return url.substr(url.rfind(':') + 1);
}

}  // namespace

routes::SystemInfo Server::Parts::info() const {
  routes::SystemInfo info;
  info.version = HUB_VERSION;
  info.build = build_info();
  info.api_version = api_version();
  info.log = {options.log == cli::LogKind::kafka ? "kafka" : "embedded", static_cast<std::uint32_t>(log::kBatchFormat),
              log->partitions(), std::to_string(log->incarnation())};
  info.node = node;
  info.started_at = started_at;
  info.libraries = library_versions();
  for (const auto& setting : settings) {
    auto& shown = info.configuration.emplace_back(
        routes::SettingInfo{setting.name, to_valid_utf8(setting.value), to_valid_utf8(setting.source)});
    // What is in force is not always what was asked for: a log keeps its own, and a free port is picked.
    const auto in_force = [&](std::string value, std::string_view source) {
      if (shown.value == value) return;
      shown.value = std::move(value);
      shown.source = source;
    };
    if (setting.name == "partitions") in_force(std::to_string(log->partitions()), "the log");
    if (setting.name == "node") in_force(node, "the data folder");
    if (options.listen.port != 0) continue;
    const auto port = port_in(http->url());
    if (setting.name == "server.port") in_force(port, "a free port");
    if (setting.name == "listen")
      in_force(cli::to_text({options.listen.host, static_cast<std::uint16_t>(std::stoi(port))}), "a free port");
  }
  return info;
}

Result<log::PublicKeys> Server::Parts::public_keys() {
  // What another node signs with is announced before, and may not have been kept here yet.
  if (key_watch) {
    HUB_TRY(key_watch->update());
  }
  return log::PublicKeys::load(folder.log() / kPublicKeyFile);
}

}  // namespace hub::server
