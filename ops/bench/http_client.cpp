#include "ops/bench/http_client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "ops/bench/report.hpp"
#include "ops/bench/site.hpp"

namespace hub::bench {
namespace {

constexpr std::string_view kLength = "\r\nContent-Length: ";

}  // namespace

std::string http_request(std::string_view method, std::string_view target, std::string_view body) {
  auto request =
      fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n", method, target, kToken);
  if (!body.empty()) request += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  return request + "\r\n" + std::string(body);
}

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
          "no connection to the server");
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

AnswerEnd answer_end(std::string_view bytes) {
  const auto header_end = bytes.find("\r\n\r\n");
  if (header_end == std::string_view::npos) return {};
  const auto length = bytes.substr(0, header_end).find(kLength);
  require(length != std::string_view::npos, "an answer without Content-Length");
  AnswerEnd end;
  end.header_size = header_end + 4;
  const auto size = end.header_size + std::strtoull(bytes.data() + length + kLength.size(), nullptr, 10);
  if (bytes.size() >= size) end.size = size;
  end.status = std::atoi(bytes.data() + sizeof "HTTP/1.1");
  return end;
}

HttpClient::~HttpClient() {
  ::close(socket_);
}

void HttpClient::send(std::string_view method, std::string_view target, std::string_view body) {
  const auto request = http_request(method, target, body);
  require(::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()),
          "a request cannot be sent");
}

Answer HttpClient::receive() {
  std::string bytes;
  char piece[16 * 1024];
  for (;;) {
    const auto end = answer_end(bytes);
    if (end.size > 0) return {end.status, bytes.substr(end.header_size, end.size - end.header_size)};
    const auto got = ::read(socket_, piece, sizeof piece);
    require(got > 0, "the server closes the connection");
    bytes.append(piece, static_cast<std::size_t>(got));
  }
}

}  // namespace hub::bench
