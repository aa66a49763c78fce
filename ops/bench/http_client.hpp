#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace hub::bench {

/// A request with the token, as bytes.
std::string http_request(std::string_view method, std::string_view target, std::string_view body = {});

/// A connected socket without Nagle's delay; gives up when there is none.
int connect_to(std::uint16_t port);

/// Where the answer at the beginning of some bytes ends, and its status. `size` 0: not all of it is there yet.
struct AnswerEnd {
  std::size_t size = 0;
  std::size_t header_size = 0;
  int status = 0;
};
AnswerEnd answer_end(std::string_view bytes);

struct Answer {
  int status = 0;
  std::string body;
};

/// One keep-alive connection, one request at a time, blocking. For what is not itself the load.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port) : socket_(connect_to(port)) {}
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Answer ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    send(method, target, body);
    return receive();
  }
  void send(std::string_view method, std::string_view target, std::string_view body = {});
  /// The answer to what was sent; waits for it.
  Answer receive();

 private:
  int socket_;
};

}  // namespace hub::bench
