#include "adapters/providers/local/command_start.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <vector>

namespace hub::providers::local {
namespace {

struct Pipe {
  Fd read;
  Fd write;
};

bool make_pipe(Pipe& pipe) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  pipe.read = Fd(ends[0]);
  pipe.write = Fd(ends[1]);
  return true;
}

[[noreturn]] void fail(int failure_fd, StartFailure::Step step) {
  const StartFailure failure{step, errno};
  // Nobody is left to tell when this write fails.
  [[maybe_unused]] const auto written = ::write(failure_fd, &failure, sizeof failure);
  ::_exit(127);
}

void reset_signals() {
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &usual, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void enter_cgroups(const Job& job, int failure_fd) {
  for (const auto& folder : job.cgroup_folders) {
    const Fd procs(::open((folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    // A limit that does not hold must not be taken for one that does.
    if (!procs.is_open() || !write_all(procs.get(), "0")) fail(failure_fd, StartFailure::Step::cgroup);
  }
}

void limit_memory(const Job& job, int failure_fd) {
  if (job.address_space_max == 0) return;
  const rlimit limit{job.address_space_max, job.address_space_max};
  if (::setrlimit(RLIMIT_AS, &limit) != 0) fail(failure_fd, StartFailure::Step::limit);
}

void limit_files(const Job& job) {
  rlimit limit{};
  if (job.open_files_max == 0 || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(job.open_files_max, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

/// In the child. Memory was not shared with any thread, so allocating is fine here.
[[noreturn]] void execute(const Job& job, int failure_fd) {
  if (::chdir(kWorkspaceName) != 0) fail(failure_fd, StartFailure::Step::workspace);
  enter_cgroups(job, failure_fd);
  const auto arguments = pointers(job.command);
  auto environment = pointers(job.env);
  limit_files(job);
  limit_memory(job, failure_fd);
  ::environ = environment.data();  // execvp searches the PATH that the command is given
  ::execvp(arguments[0], arguments.data());
  fail(failure_fd, StartFailure::Step::execute);
}

void begin_session() {
  ::setsid();
  reset_signals();
  ::umask(022);
}

[[noreturn]] void execute_command(const Job& job, int go_fd, int failure_fd, int output_fd, int errors_fd) {
  begin_session();
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, 0);
  ::dup2(output_fd, 1);
  ::dup2(errors_fd, 2);
  char leave = 0;
  if (::read(go_fd, &leave, 1) != 1) ::_exit(127);  // the supervisor died or could not record us
  execute(job, failure_fd);
}

[[noreturn]] void execute_shell(const Job& job, int failure_fd, int terminal_fd) {
  begin_session();
  if (::ioctl(terminal_fd, TIOCSCTTY, 0) != 0) fail(failure_fd, StartFailure::Step::execute);
  for (const int fd : {0, 1, 2}) ::dup2(terminal_fd, fd);
  execute(job, failure_fd);
}

/// True when nothing was said: it executes.
bool wait_for_execution(const Fd& failure_fd, StartFailure& failure) {
  std::string said;
  if (!read_all(failure_fd.get(), said, sizeof failure) || said.size() != sizeof failure) return said.empty();
  std::copy(said.begin(), said.end(), reinterpret_cast<char*>(&failure));
  return false;
}

}  // namespace

PendingCommand fork_command(const Job& job) {
  PendingCommand command;
  Pipe go, failure, output, errors;
  if (!make_pipe(go) || !make_pipe(failure) || !make_pipe(output) || !make_pipe(errors)) return command;
  const auto pid = ::fork();
  if (pid == 0) {
    // Its own copy would keep the pipe open, and it would wait for ever if the supervisor died.
    go.write.reset();
    execute_command(job, go.read.get(), failure.write.get(), output.write.get(), errors.write.get());
  }
  command.pid = pid;
  command.go = std::move(go.write);
  command.failure = std::move(failure.read);
  command.output = std::move(output.read);
  command.errors = std::move(errors.read);
  return command;
}

bool release_command(PendingCommand& command, StartFailure& failure) {
  if (!write_all(command.go.get(), "x")) return false;
  command.go.reset();
  return wait_for_execution(command.failure, failure);
}

std::int32_t start_shell(const Job& job, const Fd& terminal, StartFailure& failure) {
  Pipe pipe;
  failure = {StartFailure::Step::execute, 0};
  if (!make_pipe(pipe)) {
    failure.error = errno;
    return -1;
  }
  const auto pid = ::fork();
  if (pid == 0) execute_shell(job, pipe.write.get(), terminal.get());
  failure.error = errno;
  pipe.write.reset();
  if (pid < 0 || !wait_for_execution(pipe.read, failure)) return -1;
  return pid;
}

std::vector<std::string> with_environment_of(std::int32_t pid, std::vector<std::string> own) {
  const auto name_of = [](std::string_view variable) { return variable.substr(0, variable.find('=')); };
  auto bytes = read_small_file("/proc/" + std::to_string(pid) + "/environ");
  std::vector<std::string> all;
  for (std::size_t at = 0; at < bytes.size(); at = bytes.find('\0', at) + 1) {
    if (bytes.find('\0', at) == std::string::npos) break;
    const std::string_view variable(bytes.data() + at);
    const bool is_replaced =
        std::any_of(own.begin(), own.end(), [&](const auto& mine) { return name_of(mine) == name_of(variable); });
    if (!is_replaced) all.emplace_back(variable);
  }
  ::explicit_bzero(bytes.data(), bytes.size());
  std::move(own.begin(), own.end(), std::back_inserter(all));
  return all;
}

}  // namespace hub::providers::local
