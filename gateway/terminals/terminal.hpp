#pragma once
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "adapters/providers/local/shell.hpp"
#include "events/core/instant.hpp"
#include "events/deployments/spec.hpp"
#include "gateway/http/asio.hpp"

namespace hub::terminals {

using deployments::Reason;
using providers::local::TerminalSize;

/// Who looks at a terminal. Its functions are called on the terminals' thread and must not block.
class Viewer {
 public:
  virtual ~Viewer() = default;
  virtual void show(std::string bytes) = 0;
  /// What follows is shown on an empty screen: some of what was there before is no longer kept. The first byte of what
  /// follows is number `at` of all that the terminal ever showed.
  virtual void start_over(std::uint64_t at) = 0;
  /// It is not looked at any more through this viewer.
  virtual void left(const Reason& why) = 0;
  /// Some of what was typed is read by the shell.
  virtual void taken() = 0;
  /// False: nothing more is read of the shell until Terminal::go_on().
  virtual bool has_room() const = 0;
};

/// A shell and the last of what it showed. It goes on while nobody looks, for a time. Lives on the thread of the
/// context that it is given; its public functions may be called from any thread.
class Terminal : public std::enable_shared_from_this<Terminal> {
 public:
  /// Bytes that a viewer gets that comes back, or comes later.
  static constexpr std::size_t kKeptBytesMax = 256 * 1'024;

  /// `over` is called once, on the terminals' thread, when the shell has ended or was ended. Throws what asio does when
  /// there are no more descriptors.
  Terminal(asio::io_context& context, providers::local::Shell shell, Duration linger,
           std::function<void(const Reason&)> over);

  void start();
  /// Shows from byte `received` on (none: all that is kept). One viewer at a time: who looked before leaves.
  void attach(std::shared_ptr<Viewer> viewer, std::optional<std::uint64_t> received);
  /// The viewer is gone; the shell ends unless another comes in time.
  void detach(const Viewer* viewer);
  void type(std::string bytes);
  void resize(TerminalSize size);
  void go_on();
  /// Ends the shell.
  void close(Reason why);
  /// Bytes that were typed and not read by anybody yet.
  std::size_t untaken_bytes() const { return untaken_bytes_; }

 private:
  template <class Work>
  void run(Work work);
  asio::awaitable<void> read_output();
  asio::awaitable<void> write_input();
  asio::awaitable<void> watch_shell();
  void keep(std::string_view bytes);
  void show_from(std::optional<std::uint64_t> received);
  void drain();
  void finish(const Reason& why);

  asio::io_context& context_;
  const Duration linger_;
  const std::function<void(const Reason&)> over_;
  asio::posix::stream_descriptor terminal_;
  asio::posix::stream_descriptor supervisor_;
  providers::local::Fd size_fd_;  ///< the terminal once more, for its size
  asio::steady_timer alone_;      ///< runs while nobody looks
  asio::steady_timer room_;       ///< ended by go_on()
  std::shared_ptr<Viewer> viewer_;
  std::string kept_;
  std::uint64_t shown_ = 0;  ///< bytes, ever
  std::string input_;
  std::atomic<std::size_t> untaken_bytes_{0};
  bool writing_ = false;
  bool finished_ = false;
};

/// How a shell ended, from what the supervisor says.
Reason reason_of(std::uint64_t status);

}  // namespace hub::terminals
