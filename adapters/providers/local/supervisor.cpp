#include "adapters/providers/local/supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "adapters/providers/local/frame.hpp"
#include "adapters/providers/local/handed.hpp"
#include "adapters/providers/local/processes.hpp"

namespace hub::providers::local {
namespace {

constexpr std::int64_t kUnfinishedMicros = 1'000'000;
constexpr std::size_t kReadBytes = 64 * 1'024;
constexpr std::size_t kClientsMax = 32;
constexpr std::uint64_t kGraceMsMax = 24 * 3'600 * 1'000ULL;
/// A predecessor that has recorded its exit lets go of the lock within moments.
constexpr int kLockTries = 600;
constexpr int kLockWaitMs = 5;
/// Processes that survive SIGKILL this long hang in the kernel; the exit is recorded without waiting for them.
constexpr std::int64_t kKillMicrosMax = 10'000'000;
constexpr int kKillWaitMs = 20;
constexpr int kCgroupTries = 100;
constexpr int kRoomWaitMs = 100;
constexpr std::int64_t kHangUpWaitMicros = 10'000;

std::int64_t micros_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * std::int64_t{1'000'000} + now.tv_nsec / 1'000;
}
std::int64_t wall_micros() {
  return micros_of(CLOCK_REALTIME);
}
std::int64_t steady_micros() {
  return micros_of(CLOCK_MONOTONIC);
}

void pause_ms(int ms) {
  ::poll(nullptr, 0, ms);
}

const char* step_text(StartFailure::Step step) {
  switch (step) {
    case StartFailure::Step::workspace:
      return "cannot enter the workspace";
    case StartFailure::Step::cgroup:
      return "cannot enter the control group of its limits";
    case StartFailure::Step::limit:
      return "cannot set its memory limit";
    case StartFailure::Step::execute:
      break;
  }
  return "cannot execute the command";
}

}  // namespace

Supervisor::Supervisor(Job job)
    : job_(std::move(job)),
      log_(kLogName, job_.log_bytes_max),
      output_{{}, LineCutter([this](std::string_view text, bool split) {
                log_.add(text, split ? kFrameSplit : 0, wall_micros());
              })},
      errors_{{}, LineCutter([this](std::string_view text, bool split) {
                log_.add(text, kFrameStderr | (split ? kFrameSplit : 0), wall_micros());
              })} {}

void Supervisor::run(Fd server) {
  if (!take_over(server)) {
    const Message refused{MessageKind::refused, job_.run, 0};
    ::send(server.get(), &refused, sizeof refused, MSG_NOSIGNAL);
    return;
  }
  clients_.push_back({std::move(server)});
  start_command();
  send(clients_.front(), MessageKind::started, static_cast<std::uint64_t>(record_.pid));
  if (!has_exited_) loop();
  finish();
}

bool Supervisor::take_over(const Fd& server) {
  lock_ = Fd(::open(kLockName, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_.is_open() || !server.is_open()) return false;
  const auto was_started = [this] {
    const auto last = read_run(".");
    return last && last->run >= job_.run;
  };
  for (int tries = 0; ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (was_started() || tries == kLockTries) return false;
    pause_ms(kLockWaitMs);
  }
  if (was_started() || !log_.open()) return false;

  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  children_ = Fd(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
  return children_.is_open() && claim_run() && listen();
}

bool Supervisor::claim_run() {
  record_ = {job_.run, job_.boot_id, 0, 0, wall_micros(), job_.cgroup_folders};
  exit_.run = job_.run;
  // From here on this run counts as started, whatever happens: a command is run at most once. It stands on disk
  // before the socket does, so who can connect reads the right run.
  return write_run(".", record_);
}

bool Supervisor::listen() {
  listener_ = Fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, kSocketName, sizeof address.sun_path - 1);
  ::unlink(kSocketName);
  return ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
         ::listen(listener_.get(), kClientsMax) == 0;
}

void Supervisor::start_command() {
  StartFailure failure{StartFailure::Step::execute, 0};
  auto command = fork_command(job_);
  const auto stat = process_stat(command.pid);
  record_.pid = command.pid;
  record_.start_ticks = stat ? stat->start_ticks : 0;
  const bool runs = command.pid > 0 && write_run(".", record_);
  if (!runs) {
    failure.error = errno;
    command.go.reset();
  }
  if (!runs || !release_command(command, failure)) record_start_failure(failure);
  forget_job();
  output_.fd = std::move(command.output);
  errors_.fd = std::move(command.errors);
  for (const auto* stream : {&output_, &errors_})
    if (stream->fd.is_open()) ::fcntl(stream->fd.get(), F_SETFL, O_NONBLOCK);
}

void Supervisor::forget_job() {
  for (auto& value : job_.env) ::explicit_bzero(value.data(), value.size());
  job_.env.clear();
  job_.env.shrink_to_fit();
}

void Supervisor::record_start_failure(const StartFailure& failure) {
  has_exited_ = true;
  // As a shell says it: 127 not found, 126 found but not to be executed.
  exit_.exit_code = failure.step == StartFailure::Step::execute && failure.error == ENOENT ? 127 : 126;
  exit_.code = "process.exited";
  exit_.text = std::string(step_text(failure.step)) + ": " + std::strerror(failure.error);
  log_.add("computehub: " + exit_.text, kFrameStderr, wall_micros());
}

void Supervisor::loop() {
  while (!is_over()) {
    std::vector<pollfd> waits{{children_.get(), POLLIN, 0},
                              {clients_.size() < kClientsMax ? listener_.get() : -1, POLLIN, 0},
                              {output_.fd.get(), POLLIN, 0},
                              {errors_.fd.get(), POLLIN, 0}};
    for (const auto& client : clients_) {
      const bool is_behind = client.shell == 0 && !client.is_ready && client.told_seq < log_.last_seq();
      waits.push_back({client.socket.get(), static_cast<short>(POLLIN | (is_behind ? POLLOUT : 0)), 0});
    }
    ::poll(waits.data(), waits.size(), wait_ms());
    const auto known = clients_.size();
    for (std::size_t i = 0; i < known; ++i) {
      if (!clients_[i].socket.is_open()) continue;
      if ((waits[4 + i].revents & POLLOUT) != 0) clients_[i].is_ready = true;
      if ((waits[4 + i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) read_server(clients_[i]);
    }
    clients_.erase(std::remove_if(clients_.begin(), clients_.end(), [](const auto& c) { return !c.socket.is_open(); }),
                   clients_.end());
    if (waits[1].revents != 0) accept_server();
    if (waits[2].revents != 0) read_stream(output_);
    if (waits[3].revents != 0) read_stream(errors_);
    if (waits[0].revents != 0) reap();
    end_sessions();
    if (is_stopping_ && steady_micros() >= kill_at_ && !none_left_) kill_everything();
    flush_unfinished(false);
    log_.flush();
    tell_lines();
  }
}

bool Supervisor::is_over() const {
  // The grace time is the whole group's: when its leader goes first, the others may still use theirs.
  return has_exited_ && (none_left_ || !is_stopping_);
}

int Supervisor::wait_ms() const {
  std::int64_t until = INT64_MAX;
  for (const auto* stream : {&output_, &errors_})
    if (stream->cutter.has_unfinished()) until = std::min(until, stream->unfinished_since + kUnfinishedMicros);
  if (is_stopping_) until = std::min(until, kill_at_);
  if (!endings_.empty()) until = std::min(until, steady_micros() + kHangUpWaitMicros);
  if (until == INT64_MAX) return -1;
  const auto left = std::max<std::int64_t>(until - steady_micros(), 0);
  return static_cast<int>(std::min<std::int64_t>(left / 1'000 + 1, 3'600'000));
}

void Supervisor::accept_server() {
  Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.is_open()) return;
  clients_.push_back({std::move(socket)});
  send(clients_.back(), MessageKind::log, log_.last_seq());
}

void Supervisor::read_server(Client& client) {
  Message message;
  std::vector<Fd> handed;
  const auto got = receive_handed(client.socket.get(), message, handed);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got != sizeof message) return drop(client);
  if (message.kind == MessageKind::stop && message.run == job_.run) ask_to_stop(message.value);
  if (message.kind != MessageKind::shell) return;
  // A run that ends takes no more shells: it would have to wait for them.
  if (message.run != job_.run || is_stopping_ || has_exited_) return send(client, MessageKind::shell_failed, ESRCH);
  open_shell(client, std::move(handed));
}

void Supervisor::ask_to_stop(std::uint64_t grace_ms) {
  const auto kill_at = steady_micros() + static_cast<std::int64_t>(std::min(grace_ms, kGraceMsMax)) * 1'000;
  // Asked again, the earlier end counts, and the command is not disturbed in what it does to end.
  kill_at_ = is_stopping_ ? std::min(kill_at_, kill_at) : kill_at;
  if (!is_stopping_ && grace_ms > 0) {
    ::kill(-record_.pid, SIGTERM);
    ::kill(-record_.pid, SIGCONT);
  }
  is_stopping_ = true;
  // Shells that are worked in do not mind SIGTERM.
  hang_up_shells();
}

bool Supervisor::read_stream(Stream& stream) {
  char buffer[kReadBytes];
  const auto got = ::read(stream.fd.get(), buffer, sizeof buffer);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    stream.fd.reset();
    return false;
  }
  const bool had_unfinished = stream.cutter.has_unfinished();
  const std::string_view bytes(buffer, static_cast<std::size_t>(got));
  stream.cutter.feed(bytes);
  if (!had_unfinished || bytes.find('\n') != std::string_view::npos) stream.unfinished_since = steady_micros();
  return true;
}

void Supervisor::flush_unfinished(bool all) {
  for (auto* stream : {&output_, &errors_}) {
    if (!stream->cutter.has_unfinished()) continue;
    if (all || steady_micros() >= stream->unfinished_since + kUnfinishedMicros) stream->cutter.flush();
  }
}

void Supervisor::tell_lines() {
  for (auto& client : clients_)
    if (client.shell == 0 && client.is_ready && client.told_seq < log_.last_seq())
      send(client, MessageKind::log, log_.last_seq());
}

void Supervisor::send(Client& client, MessageKind kind, std::uint64_t value) {
  const Message message{kind, job_.run, value};
  // A slow server is not waited for: it is told the latest once it takes more.
  if (::send(client.socket.get(), &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    client.is_ready = false;
  else if (kind == MessageKind::log)
    client.told_seq = value;
}

bool Supervisor::reap() {
  signalfd_siginfo info[8];
  while (::read(children_.get(), info, sizeof info) > 0) {
  }
  for (bool any = false;; any = true) {
    int status = 0;
    const auto pid = ::waitpid(-1, &status, WNOHANG);
    if (pid < 0) none_left_ = errno == ECHILD;
    if (pid <= 0) return any;
    if (note_shell_end(pid, status)) continue;
    // One that could not be executed has its record already.
    if (pid != record_.pid || has_exited_) continue;
    has_exited_ = true;
    exit_.at_micros = wall_micros();
    if (WIFSIGNALED(status)) {
      exit_.signal = WTERMSIG(status);
      exit_.code = "process.signalled";
      exit_.text = "ended by signal " + std::to_string(*exit_.signal) + " (" + ::strsignal(*exit_.signal) + ")";
    } else {
      exit_.exit_code = WEXITSTATUS(status);
      exit_.code = "process.exited";
      exit_.text = "exited with code " + std::to_string(*exit_.exit_code);
    }
  }
}

void Supervisor::kill_everything() {
  // Whatever the command made is a descendant of this process, also when it left the group: orphans come to us.
  const auto self = ::getpid();
  // What forks faster than it is found would get away for ever.
  for (const auto& folder : job_.cgroup_folders) forbid_forks(folder);
  auto give_up = steady_micros() + kKillMicrosMax;
  while (!none_left_ && steady_micros() < give_up) {
    if (!has_exited_) ::kill(-record_.pid, SIGKILL);
    for (const auto pid : living_descendants(self)) ::kill(pid, SIGKILL);
    pollfd wait{children_.get(), POLLIN, 0};
    ::poll(&wait, 1, kKillWaitMs);
    // Time is up for what hangs, not for what goes on making more of itself.
    if (reap()) give_up = steady_micros() + kKillMicrosMax;
  }
  if (!none_left_) has_exited_ = none_left_ = true;
}

void Supervisor::drain() {
  for (auto* stream : {&output_, &errors_})
    while (stream->fd.is_open() && read_stream(*stream)) {
    }
  flush_unfinished(true);
  log_.flush();
}

void Supervisor::finish() {
  reap();
  if (!none_left_) kill_everything();
  drain();
  for (const auto& folder : job_.cgroup_folders)
    for (int tries = 0; ::rmdir(folder.c_str()) != 0 && errno == EBUSY && tries < kCgroupTries; ++tries) pause_ms(1);
  if (exit_.at_micros == 0) exit_.at_micros = wall_micros();
  exit_.last_seq = log_.last_seq();
  // Without the record nobody would ever learn how it ended, so a full disk is waited out.
  while (!write_exit(".", exit_) && (errno == ENOSPC || errno == EDQUOT)) pause_ms(kRoomWaitMs);
  ::unlink(kSocketName);
  // Before anybody hears of the end: the next run's supervisor needs it.
  lock_.reset();
  for (auto& client : clients_) {
    client.is_ready = true;
    send(client, MessageKind::log, log_.last_seq());
    send(client, MessageKind::ended, 0);
  }
}

}  // namespace hub::providers::local
