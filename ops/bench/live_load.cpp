#include "ops/bench/live_load.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ops/bench/http_client.hpp"
#include "ops/bench/site.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kEventsAtOnce = 256;
constexpr std::chrono::seconds kSubscribePatience{30};
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

std::string handshake() {
  return fmt::format(
      "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {}\r\n\r\n",
      kToken);
}

/// A text frame of less than 126 bytes, masked with zeros.
std::string text_frame(std::string_view text) {
  require(text.size() < 126, "a frame of the bench is too long");
  std::string frame = "\x81";
  frame += static_cast<char>(0x80U | text.size());
  return frame + std::string(4, '\0') + std::string(text);
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

/// Takes one whole frame off the front; false when there is none. Frames of a server are not masked.
bool take_frame(std::string_view& bytes, std::string_view& payload) {
  if (bytes.size() < 2) return false;
  const auto length = static_cast<unsigned char>(bytes[1]) & 0x7FU;
  const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (bytes.size() < 2 + extra) return false;
  const auto size = extra == 0 ? length : big_endian(bytes.substr(2, extra));
  if (bytes.size() - 2 - extra < size) return false;
  payload = bytes.substr(2 + extra, size);
  bytes.remove_prefix(2 + extra + size);
  return true;
}

}  // namespace

Subscribers::Subscribers(std::uint16_t port, std::size_t count, std::string_view stream)
    : poll_(::epoll_create1(EPOLL_CLOEXEC)), subscribers_(count), piece_(kReadBytes, 0) {
  const auto hello = handshake() + text_frame(fmt::format(R"({{"type":"subscribe","id":1,"stream":"{}"}})", stream));
  for (auto& subscriber : subscribers_) {
    subscriber.socket = connect_to(port);
    require(::send(subscriber.socket, hello.data(), hello.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(hello.size()),
            "a subscription cannot be sent");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &subscriber;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, subscriber.socket, &event);
  }
  std::size_t subscribed = 0;
  const auto start = Clock::now();
  while (subscribed < count) {
    require(Clock::now() - start < kSubscribePatience, "not every subscription is confirmed");
    read(std::chrono::milliseconds(100),
         [&](std::string_view frame) { subscribed += frame.find(R"("type":"subscribed")") != std::string_view::npos; });
  }
}

Subscribers::~Subscribers() {
  for (const auto& subscriber : subscribers_) ::close(subscriber.socket);
  ::close(poll_);
}

void Subscribers::read(std::chrono::milliseconds patience, const OnFrame& on_frame) {
  epoll_event events[kEventsAtOnce];
  const int ready = ::epoll_wait(poll_, events, kEventsAtOnce, static_cast<int>(patience.count()));
  for (int i = 0; i < ready; ++i) receive(*static_cast<Subscriber*>(events[i].data.ptr), on_frame);
}

void Subscribers::receive(Subscriber& subscriber, const OnFrame& on_frame) {
  const auto got = ::read(subscriber.socket, piece_.data(), piece_.size());
  require(got > 0, "the server closes a subscriber's connection");
  std::string_view bytes(piece_.data(), static_cast<std::size_t>(got));
  std::string joined;
  if (!subscriber.kept.empty()) {
    joined = std::move(subscriber.kept);
    joined.append(bytes);
    bytes = joined;
    subscriber.kept.clear();
  }
  if (!subscriber.open) {
    const auto end = bytes.find(kHeaderEnd);
    if (end != std::string_view::npos) {
      require(bytes.starts_with("HTTP/1.1 101"), "a handshake is refused");
      subscriber.open = true;
      bytes.remove_prefix(end + kHeaderEnd.size());
    }
  }
  std::string_view payload;
  while (subscriber.open && take_frame(bytes, payload)) on_frame(payload);
  if (!bytes.empty()) subscriber.kept = bytes;
}

}  // namespace hub::bench
