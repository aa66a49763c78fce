#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hub::cli::testing {

/// What a request brought.
struct Seen {
  std::string method, target, body, authorization, idempotency_key;
};

/// What is answered. `drop` closes the connection without a word after the request was read.
struct Canned {
  int status = 200;
  std::string body;
  bool drop = false;
  std::map<std::string, std::string> headers;
};

/// A connection to /api/v1/live, as its script sees it. Each call ends by itself when the client is gone.
class LiveSocket {
 public:
  virtual ~LiveSocket() = default;
  virtual std::string read() = 0;  ///< "" when the client is gone
  virtual void send(const std::string& message) = 0;
};

/// A server on a free port of 127.0.0.1 that answers from a script. A target with several answers gives them in turn
/// and repeats the last; one without is 404.
class FakeServer {
 public:
  FakeServer();
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  void on(const std::string& method, const std::string& target, Canned answer);
  /// Script of the n-th connection to the live gateway, from 0; when it returns the socket is cut. One that is empty,
  /// and those behind the last one, are refused with 503.
  void on_live(std::vector<std::function<void(LiveSocket&)>> scripts);

  std::string url() const;
  std::vector<Seen> seen() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace hub::cli::testing
