#include "tests/gateway/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace hub::testing {

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect");
}

RawClient::~RawClient() {
  ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::fill() {
  char bytes[16 * 1024];
  const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

std::string RawClient::take(std::size_t count) {
  while (buffer_.size() < count && fill()) {
  }
  const std::string taken = buffer_.substr(0, count);
  buffer_.erase(0, taken.size());
  return taken;
}

std::string RawClient::read_line() {
  auto end = buffer_.find("\r\n");
  while (end == std::string::npos && fill()) end = buffer_.find("\r\n");
  const std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end == std::string::npos ? end : end + 2);
  return line;
}

Answer RawClient::read_header() {
  Answer answer;
  const auto status = read_line();
  if (status.size() < 12) return answer;
  answer.status = std::stoi(status.substr(9, 3));
  for (auto line = read_line(); !line.empty(); line = read_line()) {
    const auto colon = line.find(':');
    auto name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    answer.headers[name] = colon + 2 < line.size() ? line.substr(colon + 2) : "";
  }
  return answer;
}

std::string RawClient::read_chunk() {
  const auto size = read_line();
  const auto chunk = take(size.empty() ? 0 : std::stoul(size, nullptr, 16));
  read_line();
  return chunk;
}

Answer RawClient::read(bool to_head) {
  Answer answer = read_header();
  if (to_head || answer.status == 0) return answer;
  if (answer.headers.contains("transfer-encoding")) {
    for (auto chunk = read_chunk(); !chunk.empty(); chunk = read_chunk()) answer.body += chunk;
  } else if (answer.headers.contains("content-length")) {
    answer.body = take(std::stoul(answer.headers["content-length"]));
  }
  return answer;
}

bool RawClient::is_closed() {
  if (!buffer_.empty()) return false;
  char byte = 0;
  const auto count = ::recv(socket_, &byte, 1, 0);
  return count == 0 || (count < 0 && errno == ECONNRESET);
}

bool RawClient::has_answer_within(std::chrono::milliseconds patience) {
  pollfd waiting{socket_, POLLIN, 0};
  return !buffer_.empty() || ::poll(&waiting, 1, static_cast<int>(patience.count())) > 0;
}

Answer fetch(std::uint16_t port, std::string_view method, std::string_view target, std::string_view headers,
             std::string_view body) {
  RawClient client(port);
  std::string request = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
  request += headers;
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  client.send(request + "\r\n" + std::string(body));
  return client.read(method == "HEAD");
}

}  // namespace hub::testing
