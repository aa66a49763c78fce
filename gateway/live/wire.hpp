#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace hub::live {

/// RFC 6455, section 5.
enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Status codes of close frames, RFC 6455, section 7.4.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,
  bad_text = 1007,
  policy = 1008,
  too_big = 1009,
};

/// Appends a frame as a server sends it: whole and without a mask.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
std::string text_frame(std::string_view payload);
std::string close_frame(CloseCode code, std::string_view reason);

/// Reads what a client sends. Bytes are fed in any pieces; next() gives one event at a time.
class FrameReader {
 public:
  /// `message_max`: bytes of one message; a longer one is refused by the length in its header, before it is read.
  /// Binary messages are refused where they are not spoken.
  explicit FrameReader(std::size_t message_max, bool takes_binary = false)
      : message_max_(message_max), takes_binary_(takes_binary) {}

  struct Event {
    enum class Kind { need_more, text, binary, ping, pong, close, violation };
    Kind kind = Kind::need_more;
    std::string_view payload;            ///< of text, binary, ping, pong; good until the next call
    CloseCode code = CloseCode::normal;  ///< close: what the client said; violation: what to close with
  };

  void feed(std::string_view bytes) {
    if (!is_broken_) input_.append(bytes);
  }
  /// Behind a violation nothing more can be read: from then on it needs more for ever.
  Event next();

 private:
  struct Head {
    bool final = false;
    Opcode opcode = Opcode::continuation;
    std::uint64_t size = 0;
    std::size_t bytes = 0;  // of the header itself
    unsigned char mask[4] = {};
  };
  static Event violation(CloseCode code) { return {Event::Kind::violation, {}, code}; }
  Event take_next();
  /// False: more bytes are needed, or `refusal` says what is wrong.
  bool read_head(Head& head, Event& refusal) const;
  Event take_control(std::string payload, Opcode opcode);
  /// need_more: it was a fragment.
  Event take_data(const std::string& payload, const Head& head);

  std::size_t message_max_;
  bool takes_binary_;
  std::string input_;
  std::size_t taken_ = 0;  // of input_
  std::string message_;    // of the fragments so far
  bool is_broken_ = false;
  bool in_message_ = false;
  bool is_binary_ = false;  // the message of which message_ is
  std::string current_;     // what the last event's payload points to
};

}  // namespace hub::live
