#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hub::calls::testing {

/// What an endpoint does on a connection, one step after the other.
struct Step {
  enum class Kind {
    send,   ///< bytes
    drip,   ///< bytes, every `every`, until the other side closes
    hold,   ///< nothing, until the other side closes
    close,  ///< now
  };
  Kind kind = Kind::send;
  std::string bytes;
  std::chrono::milliseconds every{0};
};
/// At the end of the steps the connection takes the next request.
using Reply = std::vector<Step>;

Step send(std::string bytes);
Step drip(std::string bytes, std::chrono::milliseconds every);
Step hold();
Step close_now();

/// An answer with a Content-Length.
Reply answer(std::string_view status_line, std::string_view content_type, std::string_view body,
             std::string_view more_headers = {});
Reply json_answer(std::string_view body);
/// The head of a stream that ends with its connection, and `events`.
Step stream_head(std::string_view events);
/// {"choices":[{"index":0,"delta":{"content":…}}]} as an event.
std::string text_event(std::string_view text);
std::string finish_event(std::string_view reason);
std::string usage_event(int prompt, int completion);

struct Received {
  std::string head;  ///< request line and headers
  std::string body;
};

struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};
/// A certificate for 127.0.0.1 that signs itself.
void write_certificate(const TlsFiles& files);

/// A server on loopback that does to a connection whatever it is told. One thread carries all of them.
class Endpoint {
 public:
  /// Called on the server's thread.
  using Handler = std::function<Reply(const Received& received)>;

  explicit Endpoint(Handler handler, const TlsFiles* tls = nullptr);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  std::uint16_t port() const;
  std::string url(std::string_view path = "/v1/chat/completions", std::string_view host = "127.0.0.1") const;

  std::atomic<int> accepted{0};
  std::atomic<int> requests{0};
  std::atomic<int> closed{0};  ///< connections that the other side has closed, or that are over

 private:
  struct Running;
  std::unique_ptr<Running> running_;
};

}  // namespace hub::calls::testing
