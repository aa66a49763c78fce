#include "adapters/providers/local/podman.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "adapters/providers/local/line_cutter.hpp"
#include "adapters/providers/local/workspace.hpp"

namespace hub::providers::local {
namespace {

constexpr std::chrono::seconds kTrialWait{20};
constexpr std::chrono::seconds kRemoveWait{10};
constexpr std::size_t kOutputBytesMax = 2'000;
constexpr const char* kPodmanVariables[] = {"HOME", "PATH", "XDG_RUNTIME_DIR"};

struct Outcome {
  int exit_code = -1;  ///< -1: not started, or ended by the deadline
  std::string output;  ///< of both streams, its beginning
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// Starts a program in a group of its own with both streams into `output`; its process id or -1 with errno.
pid_t spawn(std::vector<std::string> arguments, int output) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, 1);
  ::posix_spawn_file_actions_adddup2(&actions, output, 2);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  auto environment = podman_environment();
  pid_t pid = -1;
  errno = ::posix_spawnp(&pid, arguments.front().c_str(), &actions, &attributes, pointers(arguments).data(),
                         pointers(environment).data());
  if (errno != 0) pid = -1;
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return pid;
}

/// Runs a program to its end, the deadline, or until `cancel` becomes readable.
Outcome run_program(const std::vector<std::string>& arguments, std::chrono::seconds limit, int cancel) {
  Outcome outcome;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return outcome;
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const auto pid = spawn(arguments, write_end.get());
  write_end.reset();
  if (pid < 0) {
    outcome.output = arguments.front() + ": " + std::strerror(errno);
    return outcome;
  }
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (bool is_open = true; is_open;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waits[] = {{read_end.get(), POLLIN, 0}, {cancel, POLLIN, 0}};
    if (::poll(waits, 2, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) < 0 && errno == EINTR) continue;
    char buffer[4'096];
    const auto got = waits[0].revents != 0 ? ::read(read_end.get(), buffer, sizeof buffer) : 0;
    if (got > 0 && outcome.output.size() < kOutputBytesMax)
      outcome.output.append(buffer, std::min(static_cast<std::size_t>(got), kOutputBytesMax - outcome.output.size()));
    is_open = got > 0;
    if (waits[0].revents == 0) {
      ::kill(-pid, SIGKILL);
      outcome.output = arguments.front() + " gave no answer in time";
    }
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

bool copy_program(const std::string& from, const std::string& to) {
  const Fd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  const Fd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755));
  std::string bytes;
  return source.is_open() && target.is_open() && read_all(source.get(), bytes, SIZE_MAX) &&
         write_all(target.get(), bytes);
}

/// Containers may not raise what this process itself may not.
std::vector<std::string> own_limits() {
  std::vector<std::string> options;
  for (const auto& [name, resource] : {std::pair{"nofile", RLIMIT_NOFILE}, std::pair{"nproc", RLIMIT_NPROC}}) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) continue;
    options.push_back("--ulimit");
    options.push_back(std::string(name) + "=" + std::to_string(limit.rlim_cur) + ":" + std::to_string(limit.rlim_max));
  }
  return options;
}

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::string valid;
  append_valid_utf8(valid, text);
  return valid;
}

}  // namespace

Podman::Podman(std::string executable, std::string program, std::string folder)
    : executable_(std::move(executable)), cancel_(::eventfd(0, EFD_CLOEXEC)), state_(promise_.get_future().share()) {
  thread_ = std::thread([this, program, folder] { promise_.set_value(probe(program, folder)); });
}

Podman::~Podman() {
  ::eventfd_write(cancel_.get(), 1);
  thread_.join();
}

PodmanState Podman::state_now() const {
  if (state_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) return state_.get();
  return {false, "podman is being tried", {}};
}

PodmanState Podman::probe(const std::string& program, const std::string& folder) const {
  PodmanState state;
  ::mkdir(folder.c_str(), 0700);
  if (!copy_program(program, folder + "/program")) state.because = "the trial container cannot be made";
  for (const auto& command : {std::vector{executable_}, std::vector<std::string>{executable_, "--runtime", "runc"}}) {
    if (!state.because.empty() && state.because.find("runtime") == std::string::npos &&
        state.because.find("crun") == std::string::npos)
      break;  // another runtime would not help
    auto arguments = command;
    append(arguments, {"run", "--rm", "--network", "none"});
    append(arguments, own_limits());
    append(arguments, {"--rootfs", folder, "/program", "--version"});
    const auto outcome = run_program(arguments, kTrialWait, cancel_.get());
    state.works = outcome.exit_code == 0;
    if (state.works) {
      state.because.clear();
      state.command = command;
      break;
    }
    const auto words = trimmed(outcome.output);
    state.because += (state.because.empty() ? "" : "; ") +
                     (words.empty() ? "podman ended with code " + std::to_string(outcome.exit_code) : words);
  }
  remove_tree(folder);
  return state;
}

void Podman::remove_container(const std::string& deployment_id) const {
  const auto state = state_now();
  if (!state.works) return;
  auto arguments = state.command;
  append(arguments, {"rm", "--force", "--ignore", "--time", "0", deployment_id});
  run_program(arguments, kRemoveWait, cancel_.get());
}

Result<std::vector<std::string>> podman_run(const PodmanState& podman, const CreateOrder& order,
                                            const std::string& workspace) {
  auto arguments = podman.command;
  append(arguments, {"run", "--rm", "--replace", "--name", order.order_id});
  append(arguments, {"--volume", workspace + ":/workspace", "--workdir", "/workspace"});
  append(arguments, own_limits());
  const auto limits = order.spec.limits.value_or(deployments::Limits{});
  if (limits.cpus) append(arguments, {"--cpus", std::to_string(*limits.cpus)});
  if (limits.memory_bytes) append(arguments, {"--memory", std::to_string(*limits.memory_bytes) + "b"});
  if (limits.processes) append(arguments, {"--pids-limit", std::to_string(*limits.processes)});
  for (const auto& port : order.spec.ports) {
    const auto number = std::to_string(port.port);
    const auto* protocol = port.protocol && *port.protocol == "udp" ? "/udp" : "";
    append(arguments, {"--publish", "127.0.0.1:" + number + ":" + number + protocol});
  }
  for (const auto& variable : order.env) {
    if (std::find(std::begin(kPodmanVariables), std::end(kPodmanVariables), variable.first) !=
        std::end(kPodmanVariables))
      return invalid("provider.invalid", "is the image's own where an image is run", "env." + variable.first);
    append(arguments, {"--env", variable.first});
  }
  append(arguments, {"--", *order.spec.image});
  append(arguments, order.spec.command);
  return arguments;
}

std::vector<std::string> podman_environment() {
  std::vector<std::string> environment;
  for (const char* name : kPodmanVariables)
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  return environment;
}

}  // namespace hub::providers::local
