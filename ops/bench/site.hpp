#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ops/bench/rows.hpp"

namespace hub::bench {

/// The token of every server that is measured.
inline constexpr std::string_view kToken = "bench-token-0123456789abcdef0123456789abcdef";

/// User and system time that a process has used so far.
double cpu_seconds_of(pid_t pid);

/// A folder that goes with its owner.
class Folder {
 public:
  explicit Folder(const std::filesystem::path& below);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The real server as a child process, on a data folder and a free port of loopback.
class Server {
 public:
  /// Returns when health says that it is ready. `more` are further options of `serve`.
  Server(const std::filesystem::path& binary, const std::filesystem::path& data, std::vector<std::string> more = {});
  /// Asks it to stop and waits until it has.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }
  double seconds_to_ready() const { return seconds_to_ready_; }
  /// User and system time that it has used so far.
  double cpu_seconds() const { return cpu_seconds_of(pid_); }
  /// Resident, in bytes.
  std::size_t memory_bytes() const;
  /// Ends it as a machine does that dies.
  void kill();
  /// Waits until lists hold `rows` deployments.
  void wait_for_rows(std::size_t rows) const;
  /// Waits until it does next to nothing: what was filled at once is compacted for a while.
  void wait_until_quiet() const;

 private:
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
  double seconds_to_ready_ = 0;
};

/// A data folder with deployments, and a server on it that has folded them all.
class Site {
 public:
  /// Fills a folder below `folder`, starts the server and waits until it has folded everything and
  /// is quiet.
  Site(std::filesystem::path binary, const std::filesystem::path& folder, std::size_t rows);

  /// Not while it is stopped.
  Server& server() { return *server_; }
  const Filled& filled() const { return filled_; }
  /// Does nothing when it runs.
  void start();
  /// In good order. Does nothing when it does not run.
  void stop() { server_.reset(); }
  /// Without a word to it.
  void kill() {
    server_->kill();
    stop();
  }

 private:
  std::filesystem::path binary_;
  Folder folder_;
  Filled filled_;
  std::unique_ptr<Server> server_;
};

}  // namespace hub::bench
