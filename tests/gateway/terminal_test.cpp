// A terminal without a shell: the test holds the other side, and speaks as the supervisor does.
#include "gateway/terminals/terminal.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

#include <future>
#include <mutex>
#include <thread>

#include "adapters/providers/local/run_files.hpp"

namespace hub::terminals {
namespace {

using providers::local::Fd;
using providers::local::Message;
using providers::local::MessageKind;
using namespace std::chrono_literals;

constexpr auto kDeadline = 20s;

/// Keeps what it is shown.
class Screen final : public Viewer {
 public:
  void show(std::string bytes) override {
    change([&] { text_ += bytes; });
  }
  void start_over(std::uint64_t at) override {
    change([&] {
      text_.clear();
      started_at_ = at;
    });
  }
  void left(const Reason& why) override {
    change([&] { left_ = why.code; });
  }
  void taken() override {
    change([&] { ++taken_; });
  }
  bool has_room() const override { return has_room_; }

  void has_room(bool room) { has_room_ = room; }
  std::string until(const std::function<bool(const std::string&)>& condition) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kDeadline, [&] { return condition(text_); })) << text_.size() << " bytes";
    return text_;
  }
  void until_taken(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kDeadline, condition)) << taken_ << " times";
  }
  std::string until_left() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kDeadline, [&] { return !left_.empty(); });
    return left_;
  }
  std::optional<std::uint64_t> started_at() {
    const std::lock_guard lock(mutex_);
    return started_at_;
  }

 private:
  template <class Work>
  void change(Work work) {
    {
      const std::lock_guard lock(mutex_);
      work();
    }
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_, left_;
  std::optional<std::uint64_t> started_at_;
  int taken_ = 0;
  std::atomic<bool> has_room_{true};
};

class TerminalTest : public ::testing::Test {
 protected:
  TerminalTest() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {
    providers::local::Shell shell;
    shell.terminal = Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    ::grantpt(shell.terminal.get());
    ::unlockpt(shell.terminal.get());
    shell_ = Fd(::open(::ptsname(shell.terminal.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    termios modes{};
    ::tcgetattr(shell_.get(), &modes);
    ::cfmakeraw(&modes);
    ::tcsetattr(shell_.get(), TCSANOW, &modes);
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    supervisor_ = Fd(ends[0]);
    shell.supervisor = Fd(ends[1]);
    given_ = std::move(shell);
  }
  ~TerminalTest() override {
    terminal_->close({"server.stopping", "", {}, {}, {}});
    over_.get_future().wait_for(kDeadline);
    work_.reset();
    thread_.join();
  }

  std::shared_ptr<Terminal> open(Duration linger) {
    terminal_ = std::make_shared<Terminal>(context_, std::move(given_), linger, [this](const Reason& why) {
      code_.set_value(why.code);
      over_.set_value();
    });
    terminal_->start();
    return terminal_;
  }
  void print(std::string_view text) { ASSERT_TRUE(providers::local::write_all(shell_.get(), text)); }
  void say_end(std::uint64_t status) {
    const Message message{MessageKind::shell_ended, 1, status};
    ASSERT_EQ(::send(supervisor_.get(), &message, sizeof message, 0), ssize_t{sizeof message});
  }
  std::string end() {
    auto code = code_.get_future();
    return code.wait_for(kDeadline) == std::future_status::ready ? code.get() : "nothing ended it";
  }

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
  Fd shell_, supervisor_;
  providers::local::Shell given_;
  std::shared_ptr<Terminal> terminal_;
  std::promise<std::string> code_;
  std::promise<void> over_;
};

TEST_F(TerminalTest, EndsWhenNobodyComesBackToIt) {
  const auto terminal = open(Duration{1'000});
  const auto screen = std::make_shared<Screen>();
  terminal->attach(screen, {});
  terminal->detach(screen.get());
  EXPECT_EQ(end(), "terminal.left");
}

TEST_F(TerminalTest, DoesNotEndWhileSomebodyLooks) {
  const auto terminal = open(Duration{1'000});
  const auto first = std::make_shared<Screen>(), second = std::make_shared<Screen>();
  terminal->attach(first, {});
  terminal->attach(second, {});
  EXPECT_EQ(first->until_left(), "terminal.taken");
  // The older connection's end says nothing of the newer one.
  terminal->detach(first.get());
  print("still here");
  EXPECT_EQ(second->until([](const auto& text) { return text.size() == 10; }), "still here");
  terminal->detach(second.get());
  EXPECT_EQ(end(), "terminal.left");
}

TEST_F(TerminalTest, ShowsWhatWasMissedAndNothingTwice) {
  const auto terminal = open(seconds(60));
  std::string all;
  std::uint64_t seen = 0;
  for (int round = 0; round < 20; ++round) {
    const auto screen = std::make_shared<Screen>();
    terminal->attach(screen, seen);
    const auto text = "round " + std::to_string(round) + ";";
    all += text;
    print(text);
    const auto missed = all.substr(seen);
    EXPECT_EQ(screen->until([&](const auto& shown) { return shown.size() >= missed.size(); }), missed);
    EXPECT_EQ(screen->started_at(), std::nullopt);
    // Each other time it goes before it has been told all.
    if (round % 2 == 0) seen = all.size();
    terminal->detach(screen.get());
  }
}

TEST_F(TerminalTest, TellsWhereItStartsOverWhenSomeOfItIsNoLongerKept) {
  const auto terminal = open(seconds(60));
  const auto first = std::make_shared<Screen>();
  terminal->attach(first, 0);
  std::string all;
  for (std::size_t i = 0; all.size() < 3 * Terminal::kKeptBytesMax; ++i) {
    const auto line = std::to_string(i) + "\n";
    all += line;
    print(line);
  }
  EXPECT_EQ(first->until([&](const auto& text) { return text.size() == all.size(); }), all);
  const auto second = std::make_shared<Screen>();
  terminal->attach(second, 5);
  const auto shown = second->until([](const auto& text) { return !text.empty(); });
  ASSERT_TRUE(second->started_at());
  EXPECT_GE(shown.size(), Terminal::kKeptBytesMax);
  EXPECT_EQ(shown, all.substr(*second->started_at()));
}

TEST_F(TerminalTest, TheShellWaitsWhileItsViewerHasNoRoom) {
  const auto terminal = open(seconds(60));
  const auto screen = std::make_shared<Screen>();
  screen->has_room(false);
  terminal->attach(screen, {});
  ::fcntl(shell_.get(), F_SETFL, O_NONBLOCK);
  // What a kernel keeps of a terminal is some KiB: the rest is not taken from the shell.
  const std::string piece(4'096, 'x');
  std::size_t written = 0;
  while (written < (std::size_t{1} << 20)) {
    const auto count = ::write(shell_.get(), piece.data(), piece.size());
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  EXPECT_LT(written, std::size_t{1} << 20);
  screen->has_room(true);
  terminal->go_on();
  EXPECT_EQ(screen->until([&](const auto& text) { return text.size() == written; }).size(), written);
}

TEST_F(TerminalTest, ShowsTheLastWordsAlsoWhenTheEndIsToldFirst) {
  const auto terminal = open(seconds(60));
  const auto screen = std::make_shared<Screen>();
  terminal->attach(screen, {});
  print("last words");
  say_end(static_cast<std::uint64_t>(7 << 8));
  EXPECT_EQ(screen->until_left(), "terminal.exited");
  EXPECT_EQ(screen->until([](const auto&) { return true; }), "last words");
  EXPECT_EQ(end(), "terminal.exited");
}

TEST_F(TerminalTest, TellsOfTheRunsEndWhenTheSupervisorIsGone) {
  const auto terminal = open(seconds(60));
  supervisor_.reset();
  EXPECT_EQ(end(), "terminal.run_ended");
}

TEST_F(TerminalTest, WhatIsTypedIsCountedUntilTheShellReadsIt) {
  const auto terminal = open(seconds(60));
  const std::string text(1 << 20, 'y');
  const auto screen = std::make_shared<Screen>();
  terminal->attach(screen, {});
  terminal->type(text);
  EXPECT_EQ(terminal->untaken_bytes(), text.size());
  std::string read;
  char room[4'096];
  while (read.size() < text.size()) {
    const auto count = ::read(shell_.get(), room, sizeof room);
    ASSERT_GT(count, 0);
    read.append(room, static_cast<std::size_t>(count));
  }
  EXPECT_EQ(read, text);
  screen->until_taken([&] { return terminal->untaken_bytes() == 0; });
}

TEST_F(TerminalTest, WhoComesBehindTheEndIsToldSo) {
  const auto terminal = open(seconds(60));
  terminal->close({"terminal.closed", "", {}, {}, {}});
  EXPECT_EQ(end(), "terminal.closed");
  const auto late = std::make_shared<Screen>();
  terminal->attach(late, {});
  EXPECT_EQ(late->until_left(), "terminal.gone");
}

TEST(TerminalReason, SaysHowTheShellEnded) {
  EXPECT_EQ(reason_of(static_cast<std::uint64_t>(3 << 8)).exit_code, 3);
  EXPECT_EQ(reason_of(9).signal, 9);
  EXPECT_EQ(reason_of(9 | providers::local::kShellOfEndingRun).code, "terminal.run_ended");
}

}  // namespace
}  // namespace hub::terminals
