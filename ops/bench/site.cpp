#include "ops/bench/site.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "events/core/digest.hpp"
#include "ops/bench/http_client.hpp"
#include "ops/bench/report.hpp"

namespace hub::bench {
namespace {

constexpr std::chrono::milliseconds kAskEvery{20};
constexpr std::chrono::milliseconds kQuietFor{500};
constexpr double kQuietShare = 0.05;  ///< of a core
constexpr std::chrono::seconds kReadyPatience{300};

/// In the child: becomes the server. Never returns.
[[noreturn]] void become_server(const std::filesystem::path& binary, const std::filesystem::path& data,
                                std::vector<std::string> options, int out) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const auto errors = data / "bench-stderr.txt";
  const int error_file = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(error_file, STDERR_FILENO);
  ::setenv("COMPUTEHUB_DEV_TOKEN", std::string(kToken).c_str(), 1);
  std::vector<std::string> words{binary,  "serve",       "--dev",       "--data",
                                 data,    "--listen",    "127.0.0.1:0", "--max-connections",
                                 "19000", "--log-level", "warning"};
  std::move(options.begin(), options.end(), std::back_inserter(words));
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(binary.c_str(), arguments.data());
  ::_exit(127);
}

/// The port in "listening on http://127.0.0.1:PORT\n".
std::uint16_t read_port(int out) {
  std::string line;
  char byte = 0;
  while (::read(out, &byte, 1) == 1 && byte != '\n') line += byte;
  const auto colon = line.rfind(':');
  require(line.starts_with("listening on ") && colon != std::string::npos, "the server does not start: " + line);
  return static_cast<std::uint16_t>(std::atoi(line.c_str() + colon + 1));
}

/// The number behind `label` in a file of /proc.
std::size_t number_in(const std::string& file, std::string_view label) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(label)) return std::strtoull(line.c_str() + label.size(), nullptr, 10);
  give_up("nothing about the server in " + file);
}

}  // namespace

Folder::Folder(const std::filesystem::path& below) : path_(below / ("hub-bench-" + to_hex(random_bytes(8)))) {
  std::filesystem::create_directories(path_);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Server::Server(const std::filesystem::path& binary, const std::filesystem::path& data, std::vector<std::string> more) {
  std::filesystem::create_directories(data);
  int ends[2];
  require(::pipe2(ends, O_CLOEXEC) == 0, "no pipe");
  const auto start = Clock::now();
  pid_ = ::fork();
  require(pid_ >= 0, "no process");
  if (pid_ == 0) become_server(binary, data, std::move(more), ends[1]);
  ::close(ends[1]);
  port_ = read_port(ends[0]);
  ::close(ends[0]);
  while (HttpClient(port_).ask("GET", "/api/v1/system/health").status != 200) {
    require(Clock::now() - start < kReadyPatience, "the server does not become ready");
    std::this_thread::sleep_for(kAskEvery);
  }
  seconds_to_ready_ = seconds_since(start);
}

Server::~Server() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

void Server::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

double cpu_seconds_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  // Behind the name in parentheses come state and ten more fields, then user and system time in ticks.
  const char* at = line.c_str() + line.rfind(')') + 1;
  for (int field = 0; field < 11; ++field) at = std::strchr(at + 1, ' ');
  char* end = nullptr;
  const auto user = std::strtoull(at, &end, 10);
  const auto system = std::strtoull(end, nullptr, 10);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::size_t Server::memory_bytes() const {
  return number_in(fmt::format("/proc/{}/status", pid_), "VmRSS:") * 1'024;
}

void Server::wait_for_rows(std::size_t rows) const {
  HttpClient client(port_);
  const auto wanted = fmt::format("\"total\":{},", rows);
  const auto start = Clock::now();
  while (client.ask("GET", "/api/v1/deployments?page_size=1").body.find(wanted) == std::string::npos) {
    require(Clock::now() - start < kReadyPatience, "the projection does not come to the end of the log");
    std::this_thread::sleep_for(kAskEvery);
  }
}

void Server::wait_until_quiet() const {
  const auto start = Clock::now();
  double used = 1;
  while (used > kQuietShare * std::chrono::duration<double>(kQuietFor).count()) {
    require(Clock::now() - start < kReadyPatience, "the server does not become quiet");
    const auto before = cpu_seconds();
    std::this_thread::sleep_for(kQuietFor);
    used = cpu_seconds() - before;
  }
}

Site::Site(std::filesystem::path binary, const std::filesystem::path& folder, std::size_t rows)
    : binary_(std::move(binary)), folder_(folder), filled_(fill(folder_.path(), rows)) {
  start();
  server_->wait_for_rows(rows);
  // A stop writes what was filled to disk; compacting that ends before anything is measured.
  stop();
  start();
  server_->wait_until_quiet();
}

void Site::start() {
  if (!server_) server_ = std::make_unique<Server>(binary_, folder_.path());
}

}  // namespace hub::bench
