#pragma once
#include <memory>
#include <string>

#include "events/core/result.hpp"
#include "gateway/cli/config.hpp"

namespace hub::server {

/// A whole node: log, engine, projections, providers, gateway. What `computehub serve` runs.
class Server {
 public:
  /// Opens the data folder, takes up what is owed, and accepts connections. Fails with what its parts fail with;
  /// conflict `server.no_key` without --dev when nobody could sign in.
  /// `settings` say where each option came from; they are shown to admins.
  static Result<std::unique_ptr<Server>> start(const cli::ServeOptions& options,
                                               std::vector<cli::Setting> settings = {});
  /// Stops in good order.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "http://127.0.0.1:8080"
  std::string url() const;
  /// Of --dev, empty without.
  const std::string& dev_token() const;

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hub::server
