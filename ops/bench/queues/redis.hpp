#pragma once
#include <filesystem>
#include <string>

#include "ops/bench/site.hpp"

namespace hub::bench {

/// A Redis of its own as a child process, on an empty folder, heard on a socket file and nowhere else.
class Redis {
 public:
  /// `fsync` is its appendfsync. Returns when it takes connections.
  Redis(const std::filesystem::path& below, std::string_view fsync);
  ~Redis();
  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;

  std::string socket() const { return folder_.path() / "redis.sock"; }

 private:
  Folder folder_;
  pid_t pid_ = 0;
};

}  // namespace hub::bench
