#pragma once
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "gateway/http/transport.hpp"
#include "gateway/live/frame_sender.hpp"
#include "gateway/live/wire.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/terminals/terminal_door.hpp"

namespace hub::terminals {

/// One connection to a terminal: binary frames are what is typed and shown, text frames are {type: resize | exit |
/// taken} and, from the server, {type: exit | start_over}. Lives on its io thread.
class TerminalSocket final : public Viewer, public std::enable_shared_from_this<TerminalSocket> {
 public:
  using Clock = std::chrono::steady_clock;

  /// `may_still` is asked on the io thread while run() is under way.
  TerminalSocket(TerminalDoor& door, asio::any_io_executor executor, std::shared_ptr<http::Transport> transport,
                 Wish wish, std::function<bool()> may_still);

  /// Serves until the connection ends. `received` came with the handshake.
  asio::awaitable<void> run(std::string received);

  void show(std::string bytes) override;
  void start_over(std::uint64_t at) override;
  void left(const Reason& why) override;
  void taken() override { room_.ringer()(); }
  bool has_room() const override;

 private:
  asio::awaitable<void> converse(std::string received);
  asio::awaitable<bool> handle_received();
  /// False: the shell does not read what is typed.
  asio::awaitable<bool> type(std::string bytes);
  Result<void> handle_text(std::string_view text);
  Result<void> handle_taken(std::uint64_t bytes);
  void refuse(const Failure& why);
  void close_with(live::CloseCode code, std::string_view reason, std::string_view json);
  asio::awaitable<void> beat();

  TerminalDoor& door_;
  const asio::any_io_executor executor_;
  const std::shared_ptr<http::Transport> transport_;
  const Wish wish_;
  const std::function<bool()> may_still_;
  live::FrameReader reader_;
  std::shared_ptr<live::FrameSender> sender_;
  TerminalDoor::TerminalPtr terminal_;
  asio::steady_timer ticker_;
  routes::Alarm room_;  ///< rung when the shell has read something
  Clock::time_point last_heard_;
  /// Bytes that were shown here, and that the client says it has worked off; it need not say.
  std::atomic<std::uint64_t> shown_{0}, taken_{0};
  std::atomic<bool> says_taken_{false};
  bool pinged_ = false;
  bool typing_ = false;  ///< what is typed is not taken: nothing can be heard meanwhile
};

}  // namespace hub::terminals
