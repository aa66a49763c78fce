#pragma once
// Small helpers over file descriptors, for the supervisor and the server alike.
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hub::providers::local {

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  /// From now on somebody else's to close.
  int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

/// Writes all of `bytes`; false with errno set.
bool write_all(int fd, std::string_view bytes);
/// Reads to the end, at most `bytes_max`; false with errno set (EFBIG beyond that).
bool read_all(int fd, std::string& out, std::size_t bytes_max);
/// The file's content; empty when it cannot be read. For files of /proc, /sys and small own ones (at most 1 MiB).
std::string read_small_file(const std::string& path);
/// Replaces the file whole: temporary file, fsync, rename, fsync of the folder. False with errno set.
bool replace_file(const std::string& folder, const std::string& name, std::string_view content);
/// Names in a folder without "." and "..", sorted.
std::vector<std::string> names_in(const std::string& folder);

}  // namespace hub::providers::local
