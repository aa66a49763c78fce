#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace hub::testing {

/// What came back. Header names are in lower case; the body is without its chunks.
struct Answer {
  int status = 0;  ///< 0: the connection ended without an answer
  std::map<std::string, std::string> headers;
  std::string body;
};

/// A plain blocking TCP client that sends exactly the bytes it is told. Nothing waits longer than 10 s.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the server has closed.
  bool send(std::string_view bytes);
  /// The next answer. `to_head`: it has no body, whatever its length says.
  Answer read(bool to_head = false);
  /// True when the server closes and sends nothing more.
  bool is_closed();
  /// One chunk of a streamed body; empty at its end.
  std::string read_chunk();
  /// Status line and headers only.
  Answer read_header();
  /// One text line, without its end.
  std::string read_line();
  /// So many bytes as they come.
  std::string take(std::size_t count);
  /// True when there is something to read, or the server has closed.
  bool has_answer_within(std::chrono::milliseconds patience);

 private:
  bool fill();

  int socket_ = -1;
  std::string buffer_;
};

/// One request on a connection of its own. `headers` are lines with "\r\n" each.
Answer fetch(std::uint16_t port, std::string_view method, std::string_view target, std::string_view headers = {},
             std::string_view body = {});

}  // namespace hub::testing
