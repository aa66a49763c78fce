#pragma once
#include <chrono>
#include <cstdint>
#include <thread>

namespace hub::bench {

/// An OpenAI-compatible endpoint on a free port of loopback that gives every request the same answer, so long after
/// its last byte; on a thread of its own.
class Upstream {
 public:
  explicit Upstream(std::chrono::milliseconds takes);
  ~Upstream();
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  int listener_ = -1;
  int wake_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace hub::bench
