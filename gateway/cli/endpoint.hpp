#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "events/core/result.hpp"

namespace hub::cli {

/// A server and how to speak to it.
struct Endpoint {
  std::string scheme = "http";  ///< "http" | "https"
  std::string host;             ///< without brackets
  std::uint16_t port = 0;
  std::string base_path;     ///< "" or "/prefix", for a server behind a proxy
  std::string token;         ///< empty: none
  std::filesystem::path ca;  ///< PEM of whom to trust beside the system's; empty: the system's only
  std::string url_source;    ///< where the address came from, for people: "--url", "COMPUTEHUB_URL", "DIR/server.json"
  std::string token_source;

  bool tls() const { return scheme == "https"; }
  std::string authority() const;  ///< "127.0.0.1:8080", "[::1]:8080"
  std::string url() const;        ///< "http://127.0.0.1:8080"
};

struct EndpointFlags {
  std::string url;
  std::string token;
  std::filesystem::path ca;
  std::filesystem::path data = "./.data";
};

/// Flags win over COMPUTEHUB_URL, COMPUTEHUB_TOKEN and COMPUTEHUB_CA; what is given by neither comes from the data
/// folder: the address from DIR/server.json, and the token from DIR/keys/dev-token. A development token is sent only to
/// the server of its own folder, never to an address given by hand.
/// Fails: `cli.usage` (no URL), `cli.unreachable` (no address anywhere).
Result<Endpoint> find_endpoint(const EndpointFlags& flags, const std::map<std::string, std::string>& environment);

/// Fails: `cli.usage`.
Result<Endpoint> parse_url(std::string_view url);

}  // namespace hub::cli
