#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/bench/report.hpp"

namespace hub::bench {

/// Many WebSocket subscribers of one stream, read by one thread. Frames that come in one piece are looked at where
/// they lie; only what is cut by the end of a read is kept for the next.
class Subscribers {
 public:
  using OnFrame = std::function<void(std::string_view payload)>;

  /// Connects `count` sockets and subscribes each; returns when all of them are subscribed.
  Subscribers(std::uint16_t port, std::size_t count, std::string_view stream);
  ~Subscribers();
  Subscribers(const Subscribers&) = delete;
  Subscribers& operator=(const Subscribers&) = delete;

  /// Reads what there is, waiting up to `patience` for the first byte; tells of each frame.
  void read(std::chrono::milliseconds patience, const OnFrame& on_frame);
  /// Readable when one of them is: for who waits for other things too.
  int poll_handle() const { return poll_; }

 private:
  struct Subscriber {
    int socket = -1;
    std::string kept;  ///< the beginning of a frame, or of the answer to the handshake
    bool open = false;
  };
  void receive(Subscriber& subscriber, const OnFrame& on_frame);

  int poll_;
  std::vector<Subscriber> subscribers_;
  std::string piece_;
};

}  // namespace hub::bench
