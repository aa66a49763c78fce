#pragma once
#include <memory>
#include <string>

#include "gateway/http/server.hpp"

namespace hub::testing {

inline constexpr std::string_view kToken = "good-token";

/// A server with a handful of routes that show what a request looked like to its handler.
/// GET /hello · POST /echo · GET /things/{id} · GET,DELETE /things · GET /query · GET /files/{path*} · GET /public ·
/// GET /large · GET /throws · GET /stream · GET /slow (answers when `release()` is called) · GET /whoami
class TestSite {
 public:
  explicit TestSite(http::ServerOptions options = {});
  ~TestSite();

  std::uint16_t port() const { return server_->port(); }
  http::Server& server() { return *server_; }
  /// Requests that wait in /slow; waits until there are as many, at most 10 s.
  bool wait_for_slow(int count);
  void release();
  /// Times that /stream was ended by cancellation; waits until there are as many, at most 10 s.
  bool wait_for_cancelled(int count);

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace hub::testing
