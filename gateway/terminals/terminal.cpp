#include "gateway/terminals/terminal.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "adapters/providers/local/run_files.hpp"

namespace hub::terminals {
namespace {

namespace local = providers::local;

constexpr std::size_t kReadRoom = 16 * 1'024;

}  // namespace

Reason reason_of(std::uint64_t value) {
  const auto status = static_cast<int>(static_cast<std::uint32_t>(value));
  if ((value & local::kShellOfEndingRun) != 0)
    return {"terminal.run_ended", "the run of the deployment has ended", {}, {}, {}};
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return {"terminal.exited", std::string("the shell was ended by signal ") + std::to_string(signal), {}, signal, {}};
  }
  const int code = WEXITSTATUS(status);
  return {"terminal.exited", "the shell has exited with code " + std::to_string(code), code, {}, {}};
}

Terminal::Terminal(asio::io_context& context, local::Shell shell, Duration linger,
                   std::function<void(const Reason&)> over)
    : context_(context),
      linger_(linger),
      over_(std::move(over)),
      terminal_(context),
      supervisor_(context),
      size_fd_(::fcntl(shell.terminal.get(), F_DUPFD_CLOEXEC, 0)),
      alone_(context),
      room_(context) {
  terminal_.assign(shell.terminal.release());
  terminal_.non_blocking(true);  // drain() takes what there is
  supervisor_.assign(shell.supervisor.release());
}

template <class Work>
void Terminal::run(Work work) {
  asio::post(context_, [self = shared_from_this(), work = std::move(work)]() mutable {
    if (!self->finished_) work(*self);
  });
}

void Terminal::start() {
  for (const auto part : {&Terminal::read_output, &Terminal::watch_shell})
    asio::co_spawn(
        context_,
        [](std::shared_ptr<Terminal> self, asio::awaitable<void> (Terminal::*work)()) -> asio::awaitable<void> {
          co_await (self.get()->*work)();
        }(shared_from_this(), part),
        asio::detached);
}

void Terminal::attach(std::shared_ptr<Viewer> viewer, std::optional<std::uint64_t> received) {
  // Not held by what is posted: that may be thrown away only when the viewer's own thread is no more.
  asio::post(context_, [self = shared_from_this(), weak = std::weak_ptr(viewer), received] {
    const auto still = weak.lock();
    if (!still) return;
    if (self->finished_) return still->left({"terminal.gone", "the shell has ended", {}, {}, {}});
    if (self->viewer_) self->viewer_->left({"terminal.taken", "the shell is looked at elsewhere now", {}, {}, {}});
    self->viewer_ = still;
    self->alone_.cancel();
    self->show_from(received);
    self->room_.cancel();
  });
}

void Terminal::detach(const Viewer* viewer) {
  run([viewer](Terminal& self) {
    if (self.viewer_.get() != viewer) return;
    self.viewer_ = nullptr;
    self.room_.cancel();
    self.alone_.expires_after(std::chrono::microseconds(self.linger_.micros));
    self.alone_.async_wait([weak = self.weak_from_this()](const error_code& error) {
      const auto still = weak.lock();
      if (error || !still || still->viewer_) return;
      still->finish({"terminal.left", "nobody has come back to the shell", {}, {}, {}});
    });
  });
}

void Terminal::show_from(std::optional<std::uint64_t> received) {
  const auto first = shown_ - kept_.size();
  if (received && (*received < first || *received > shown_)) {
    viewer_->start_over(first);
    received = first;
  }
  const auto missed = kept_.substr(received ? *received - first : 0);
  if (!missed.empty()) viewer_->show(missed);
}

void Terminal::keep(std::string_view bytes) {
  shown_ += bytes.size();
  kept_ += bytes;
  // In large steps: each moves the rest.
  if (kept_.size() > 2 * kKeptBytesMax) kept_.erase(0, kept_.size() - kKeptBytesMax);
}

asio::awaitable<void> Terminal::read_output() {
  std::array<char, kReadRoom> room;
  while (!finished_) {
    if (viewer_ && !viewer_->has_room()) {
      room_.expires_at(std::chrono::steady_clock::time_point::max());
      co_await room_.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    const auto [error, count] =
        co_await terminal_.async_read_some(asio::buffer(room), asio::as_tuple(asio::use_awaitable));
    // Nobody has it open on the other side: the shell's end is told by its supervisor.
    if (error) co_return;
    const std::string_view bytes(room.data(), count);
    keep(bytes);
    if (viewer_) viewer_->show(std::string(bytes));
  }
}

asio::awaitable<void> Terminal::watch_shell() {
  local::Message message;
  for (;;) {
    const auto [error, count] = co_await supervisor_.async_read_some(asio::buffer(&message, sizeof message),
                                                                     asio::as_tuple(asio::use_awaitable));
    if (finished_) co_return;
    const bool has_ended = error || count != sizeof message;
    if (!has_ended && message.kind != local::MessageKind::shell_ended) continue;
    drain();
    co_return finish(reason_of(has_ended ? local::kShellOfEndingRun : message.value));
  }
}

/// What the shell said last; what it left behind may hold the terminal open.
void Terminal::drain() {
  std::array<char, kReadRoom> room;
  for (std::size_t most = kKeptBytesMax / kReadRoom; most > 0; --most) {
    error_code error;
    const auto count = terminal_.read_some(asio::buffer(room), error);
    if (error || count == 0) return;
    keep({room.data(), count});
    if (viewer_) viewer_->show(std::string(room.data(), count));
  }
}

void Terminal::type(std::string bytes) {
  untaken_bytes_ += bytes.size();
  run([bytes = std::move(bytes)](Terminal& self) {
    self.input_ += bytes;
    if (std::exchange(self.writing_, true)) return;
    asio::co_spawn(
        self.context_,
        [](std::shared_ptr<Terminal> terminal) -> asio::awaitable<void> {
          co_await terminal->write_input();
        }(self.shared_from_this()),
        asio::detached);
  });
}

asio::awaitable<void> Terminal::write_input() {
  while (!input_.empty() && !finished_) {
    const auto piece = std::exchange(input_, {});
    for (std::size_t at = 0; at < piece.size() && !finished_;) {
      const auto [error, count] = co_await terminal_.async_write_some(
          asio::buffer(piece.data() + at, piece.size() - at), asio::as_tuple(asio::use_awaitable));
      if (finished_) break;
      // What nobody can read any more is thrown away.
      const auto done = error ? piece.size() - at : count;
      at += done;
      untaken_bytes_ -= done;
      if (viewer_) viewer_->taken();
    }
  }
  writing_ = false;
}

void Terminal::resize(TerminalSize size) {
  run([size](Terminal& self) { local::resize(self.size_fd_, size); });
}

void Terminal::go_on() {
  run([](Terminal& self) { self.room_.cancel(); });
}

void Terminal::close(Reason why) {
  run([why = std::move(why)](Terminal& self) { self.finish(why); });
}

void Terminal::finish(const Reason& why) {
  if (std::exchange(finished_, true)) return;
  error_code ignored;
  // The supervisor hangs up what still runs.
  supervisor_.close(ignored);
  terminal_.close(ignored);
  size_fd_.reset();
  alone_.cancel();
  room_.cancel();
  if (viewer_) viewer_->left(why);
  viewer_ = nullptr;
  untaken_bytes_ = 0;
  over_(why);
}

}  // namespace hub::terminals
