#include "gateway/cli/endpoint.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <boost/json.hpp>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "gateway/cli/exit_code.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSmallFileBytesMax = 64 * 1'024;

std::string value_of(const std::map<std::string, std::string>& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

/// The file's content, empty when it cannot be read.
std::string read_small_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kSmallFileBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return text;
}

std::string first_line(std::string text) {
  text.erase(std::min(text.find_first_of("\r\n"), text.size()));
  return text;
}

bool is_gone(std::int64_t pid) {
  return pid > 0 && ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
}

Result<Endpoint> from_server_file(const fs::path& data) {
  const auto path = data / "server.json";
  const auto text = read_small_file(path);
  if (text.empty())
    return unreachable(
        fmt::format("no server is known: {} is not there. Start one with \"computehub serve --dev\", or say "
                    "where it is with --url or COMPUTEHUB_URL",
                    path.string()));
  boost::system::error_code error;
  const auto document = boost::json::parse(text, error);
  const auto* object = error ? nullptr : document.if_object();
  const auto* url = object == nullptr ? nullptr : object->if_contains("url");
  if (url == nullptr || !url->is_string())
    return unreachable(fmt::format("{} is damaged: start the server again, or give --url", path.string()));
  if (const auto* pid = object->if_contains("pid"); pid != nullptr && pid->is_int64() && is_gone(pid->as_int64()))
    return unreachable(
        fmt::format("the server of {} does not run any more (its process was {}): start it with "
                    "\"computehub serve\"",
                    data.string(), pid->as_int64()));
  HUB_TRY(auto endpoint, parse_url(std::string_view(url->as_string())));
  endpoint.url_source = path.string();
  return endpoint;
}

bool is_header_value(std::string_view token) {
  for (const char c : token)
    if (c <= 0x20 || c >= 0x7F) return false;
  return true;
}

}  // namespace

std::string Endpoint::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Endpoint::url() const {
  return scheme + "://" + authority() + base_path;
}

Result<Endpoint> parse_url(std::string_view url) {
  const auto bad =
      wrong_usage(fmt::format("\"{}\" is not a server's address: write it as http://HOST:PORT", printable(url)));
  Endpoint endpoint;
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return bad;
  endpoint.scheme = url.substr(0, scheme);
  if (endpoint.scheme != "http" && endpoint.scheme != "https") return bad;
  auto rest = url.substr(scheme + 3);
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos) endpoint.base_path = rest.substr(slash);
  while (!endpoint.base_path.empty() && endpoint.base_path.back() == '/') endpoint.base_path.pop_back();
  rest = rest.substr(0, slash);
  if (endpoint.base_path.find_first_of("?# \r\n") != std::string::npos ||
      rest.find_first_of("@?# \r\n") != std::string::npos)
    return bad;
  endpoint.port = endpoint.tls() ? 443 : 80;
  const auto bracket = rest.find(']');
  const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const auto port = parse_count(rest.substr(colon + 1), 1, 65'535);
    if (!port) return bad;
    endpoint.port = static_cast<std::uint16_t>(port.value());
  }
  endpoint.host = rest.substr(0, colon);
  if (bracket != std::string_view::npos && endpoint.host.front() == '[' && endpoint.host.back() == ']')
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  if (endpoint.host.empty()) return bad;
  return endpoint;
}

Result<Endpoint> find_endpoint(const EndpointFlags& flags, const std::map<std::string, std::string>& environment) {
  const auto url_variable = value_of(environment, "COMPUTEHUB_URL");
  const auto token_variable = value_of(environment, "COMPUTEHUB_TOKEN");
  Endpoint endpoint;
  const auto& url = flags.url.empty() ? url_variable : flags.url;
  if (url.empty()) {
    HUB_TRY(endpoint, from_server_file(flags.data));
  } else {
    HUB_TRY(endpoint, parse_url(url));
    endpoint.url_source = flags.url.empty() ? "COMPUTEHUB_URL" : "--url";
  }
  if (!flags.token.empty()) {
    endpoint.token = flags.token;
    endpoint.token_source = "--token";
  } else if (!token_variable.empty()) {
    endpoint.token = token_variable;
    endpoint.token_source = "COMPUTEHUB_TOKEN";
  } else if (url.empty()) {
    const auto path = flags.data / "keys" / "dev-token";
    endpoint.token = first_line(read_small_file(path));
    if (!endpoint.token.empty()) endpoint.token_source = path.string();
  }
  if (!is_header_value(endpoint.token))
    return wrong_usage("the token (" + endpoint.token_source + ") holds characters that no token has");
  endpoint.ca = flags.ca.empty() ? value_of(environment, "COMPUTEHUB_CA") : flags.ca.string();
  return endpoint;
}

}  // namespace hub::cli
