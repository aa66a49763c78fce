#pragma once
#include <boost/asio.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>

#include "adapters/agents/identity.hpp"
#include "adapters/agents/machine.hpp"
#include "gateway/cli/cli.hpp"

namespace hub::agents {

/// An agent's side of its connection: one at a time, opened again and again, each with a greater generation.
class AgentClient {
 public:
  AgentClient(const cli::AgentOptions& options, Identity& identity, Machine& machine);

  /// Until a signal to end, or a refusal that no repeating changes. One thread.
  Result<void> run();

 private:
  using Clock = std::chrono::steady_clock;
  /// What waits to be written to one connection.
  struct Outgoing;
  using OutgoingPtr = std::shared_ptr<Outgoing>;

  boost::asio::awaitable<void> connect_again_and_again();
  boost::asio::awaitable<void> connect_once(const cli::Endpoint& endpoint, const std::string& token);
  template <class Socket>
  boost::asio::awaitable<void> serve(std::shared_ptr<Socket> socket, cli::Endpoint endpoint, std::string token);
  template <class Socket>
  boost::asio::awaitable<bool> shake_hands(Socket& socket, const cli::Endpoint& endpoint, const std::string& token);
  template <class Socket>
  static boost::asio::awaitable<void> write_queued(std::shared_ptr<Socket> socket, OutgoingPtr outgoing);
  template <class Socket>
  boost::asio::awaitable<void> beat(std::shared_ptr<Socket> socket, OutgoingPtr outgoing);
  Result<Hello> hello();
  /// False when the connection is of no more use.
  bool take(std::string_view text, const OutgoingPtr& outgoing);
  void welcomed(const Welcome& welcome, const OutgoingPtr& outgoing);
  Result<std::string> token() const;
  void refused(const Failure& why);
  void end(std::optional<Failure> why);
  bool is_over() const { return over_; }
  Clock::duration next_pause();

  const cli::AgentOptions& options_;
  Identity& identity_;
  Machine& machine_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer pause_{io_};
  std::mt19937_64 random_;
  Clock::duration backoff_;
  bool over_ = false;
  bool was_attached_ = false;
  bool attached_ = false;
  std::optional<Failure> failure_;
  std::string url_;  ///< of the connection that is there
  Clock::time_point last_heard_;
  std::chrono::milliseconds heartbeat_{};
  std::chrono::milliseconds silence_{};
};

}  // namespace hub::agents
