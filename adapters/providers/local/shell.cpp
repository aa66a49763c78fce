#include "adapters/providers/local/shell.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "adapters/providers/local/handed.hpp"
#include "adapters/providers/local/supervisor_link.hpp"

namespace hub::providers::local {
namespace {

constexpr std::chrono::seconds kAnswerWait{5};

Failure trouble(std::string_view what, int error) {
  return unavailable("terminal.unavailable", std::string(what) + ": " + std::strerror(error));
}

struct Ends {
  Fd ours;
  Fd theirs;
};

Result<Ends> make_terminal(TerminalSize size) {
  Ends ends;
  ends.ours = Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  char name[128];
  if (!ends.ours.is_open() || ::grantpt(ends.ours.get()) != 0 || ::unlockpt(ends.ours.get()) != 0 ||
      ::ptsname_r(ends.ours.get(), name, sizeof name) != 0)
    return trouble("no terminal is to be had", errno);
  ends.theirs = Fd(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!ends.theirs.is_open()) return trouble("no terminal is to be had", errno);
  termios modes{};
  ::tcgetattr(ends.theirs.get(), &modes);
  modes.c_iflag |= IUTF8;  // so that erasing takes whole characters
  ::tcsetattr(ends.theirs.get(), TCSANOW, &modes);
  resize(ends.ours, size);
  return ends;
}

/// The other variables are those the command was started with.
Job job_of(const std::string& folder, std::int32_t run, const std::vector<std::string>& command) {
  Job job;
  job.run = run;
  job.command = command;
  // The shell's home is the workspace: what is typed must not become one of its files.
  job.env = {"TERM=xterm-256color", "COLORTERM=truecolor", "HISTFILE="};
  // A command may have written over its own: by this one its processes are known without their parent.
  job.env.push_back(std::string(kMarkerVariable) + "=" + folder.substr(folder.rfind('/') + 1));
  return job;
}

/// Passes over what the supervisor tells everybody.
Result<Message> answer_of(const Fd& supervisor) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + kAnswerWait;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    pollfd wait{supervisor.get(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, std::max(static_cast<int>(left.count()), 0));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return unavailable("terminal.unavailable", "the supervisor of the run does not answer");
    const auto message = receive_message(supervisor);
    if (!message) return unavailable("terminal.unavailable", "the supervisor of the run cannot start a shell");
    if (message->kind == MessageKind::shell_started || message->kind == MessageKind::shell_failed) return *message;
  }
}

}  // namespace

void resize(const Fd& terminal, TerminalSize size) {
  winsize window{};
  window.ws_col = size.cols;
  window.ws_row = size.rows;
  ::ioctl(terminal.get(), TIOCSWINSZ, &window);
}

Result<Shell> open_shell(const std::string& folder, std::int32_t run, const std::vector<std::string>& command,
                         TerminalSize size) {
  auto supervisor = connect_supervisor(folder);
  if (!supervisor.is_open()) return conflict("terminal.not_running", "nothing runs there now");
  HUB_TRY(auto ends, make_terminal(size));
  const Fd memory(::memfd_create("shell", MFD_CLOEXEC));
  if (!memory.is_open() || !write_all(memory.get(), encode(job_of(folder, run, command))) ||
      !send_handing(supervisor.get(), {MessageKind::shell, run, 0}, {ends.theirs.get(), memory.get()}))
    return trouble("the shell cannot be asked for", errno);
  ends.theirs.reset();
  HUB_TRY(const auto answer, answer_of(supervisor));
  if (answer.kind == MessageKind::shell_failed)
    return trouble("the shell cannot be executed", static_cast<int>(answer.value));
  return Shell{std::move(ends.ours), std::move(supervisor), static_cast<std::int32_t>(answer.value), run};
}

}  // namespace hub::providers::local
