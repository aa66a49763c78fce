#pragma once
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "adapters/agents/protocol.hpp"
#include "gateway/agents/agent_door.hpp"
#include "gateway/http/transport.hpp"
#include "gateway/live/frame_sender.hpp"
#include "gateway/live/wire.hpp"

namespace hub::agents {

/// The right of a connection has gone.
Failure revoked();

/// One connection of an agent. Lives on its io thread; what is said to be so may be called from any.
class AgentSocket : public std::enable_shared_from_this<AgentSocket> {
 public:
  using Clock = std::chrono::steady_clock;
  /// Bytes that wait to be sent; with more, effects wait.
  static constexpr std::size_t kUnsentBytesMax = std::size_t{16} << 20U;

  struct Peer {
    std::string host;
    hosts::HostAgent owner;  ///< id and generation come with the first message
    std::string principal;
    std::string address;
    std::function<bool()> may_still;  ///< looked at once more behind the attaching
  };

  AgentSocket(AgentDoor& door, asio::any_io_executor executor, std::shared_ptr<http::Transport> transport, Peer peer);

  /// Serves until the connection ends. `received` came with the handshake.
  asio::awaitable<void> run(std::string received);

  const Peer& peer() const { return peer_; }  ///< any thread, from the attaching on
  std::int32_t running() const { return running_; }
  /// The deployment is this host's: what it asks for is given to this connection. Any thread.
  void is_given(const std::string& deployment);
  /// Any thread. What cannot be sent any more is dropped.
  void send(std::string message);
  /// The same, once not too much waits; on a thread that may block.
  void send_when_there_is_room(std::string message);
  /// Ends the connection with its reason. Any thread.
  void refuse(const Failure& why);

 private:
  asio::awaitable<bool> handle_received();
  asio::awaitable<bool> handle(std::string_view text);
  asio::awaitable<Result<void>> attach(const Hello& hello);
  asio::awaitable<void> until_it_is_listed();
  Result<void> take(const FromAgent& message);
  Result<void> take_lines(Lines lines);
  Result<void> take_sample(const Sample& sample);
  Result<void> take_report(const Report& report);
  bool is_of_this_host(const std::string& deployment);
  asio::awaitable<void> beat();
  void end();

  AgentDoor& door_;
  const asio::any_io_executor executor_;
  const std::shared_ptr<http::Transport> transport_;
  Peer peer_;
  live::FrameReader reader_;
  std::atomic<std::int32_t> running_{0};
  bool attached_ = false;
  asio::steady_timer ticker_;
  Clock::time_point last_heard_;

  const std::shared_ptr<live::FrameSender> sender_;
  std::mutex mutex_;
  std::set<std::string> known_;  ///< deployments that are known to be this host's; by mutex_
};

}  // namespace hub::agents
