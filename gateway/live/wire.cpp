#include "gateway/live/wire.hpp"

#include <algorithm>

#include "events/core/json.hpp"

namespace hub::live {
namespace {

constexpr std::size_t kControlMax = 125;  // RFC 6455, section 5.5

bool is_control(Opcode opcode) {
  return static_cast<std::uint8_t>(opcode) >= 8;
}

bool is_known(std::uint8_t opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

/// Codes that may travel in a close frame.
bool is_close_code(unsigned code) {
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
         (code >= 3000 && code <= 4999);
}

unsigned byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

}  // namespace

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  out += static_cast<char>(0x80U | static_cast<unsigned>(opcode));
  const std::uint64_t size = payload.size();
  unsigned length_bytes = 0;
  if (size < 126) {
    out += static_cast<char>(size);
  } else if (size <= 0xFFFF) {
    out += static_cast<char>(126);
    length_bytes = 2;
  } else {
    out += static_cast<char>(127);
    length_bytes = 8;
  }
  for (unsigned i = length_bytes; i > 0; --i) out += static_cast<char>((size >> (8 * (i - 1))) & 0xFFU);
  out += payload;
}

std::string text_frame(std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + 10);
  append_frame(out, Opcode::text, payload);
  return out;
}

std::string close_frame(CloseCode code, std::string_view reason) {
  const auto number = static_cast<unsigned>(code);
  std::string payload;
  payload += static_cast<char>(number >> 8U);
  payload += static_cast<char>(number & 0xFFU);
  payload += reason.substr(0, kControlMax - 2);
  std::string out;
  append_frame(out, Opcode::close, payload);
  return out;
}

bool FrameReader::read_head(Head& head, Event& refusal) const {
  const std::string_view bytes = std::string_view(input_).substr(taken_);
  if (bytes.size() < 2) return false;
  const unsigned first = byte_at(bytes, 0), second = byte_at(bytes, 1);
  head.final = (first & 0x80U) != 0;
  head.opcode = static_cast<Opcode>(first & 0x0FU);
  // No extension is agreed on, so the reserved bits must be 0; and clients must mask.
  if ((first & 0x70U) != 0 || !is_known(first & 0x0FU) || (second & 0x80U) == 0) {
    refusal = violation(CloseCode::protocol_error);
    return false;
  }
  head.size = second & 0x7FU;
  if (is_control(head.opcode) && (!head.final || head.size > kControlMax)) {
    refusal = violation(CloseCode::protocol_error);
    return false;
  }
  const std::size_t length_bytes = head.size < 126 ? 0 : head.size == 126 ? 2 : 8;
  head.bytes = 2 + length_bytes + 4;
  if (bytes.size() < head.bytes) return false;
  if (length_bytes > 0) head.size = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) head.size = head.size << 8U | byte_at(bytes, 2 + i);
  for (std::size_t i = 0; i < 4; ++i) head.mask[i] = static_cast<unsigned char>(bytes[2 + length_bytes + i]);
  if (!is_control(head.opcode) && head.size > message_max_ - std::min(message_max_, message_.size())) {
    refusal = violation(CloseCode::too_big);
    return false;
  }
  return true;
}

FrameReader::Event FrameReader::next() {
  if (is_broken_) return {};
  const auto event = take_next();
  if (event.kind == Event::Kind::violation) {
    is_broken_ = true;
    input_.clear();
    taken_ = 0;
  }
  return event;
}

FrameReader::Event FrameReader::take_next() {
  for (;;) {
    Head head;
    Event refusal;
    if (!read_head(head, refusal) || input_.size() - taken_ - head.bytes < head.size) {
      input_.erase(0, taken_);
      taken_ = 0;
      return refusal;
    }
    std::string payload = input_.substr(taken_ + head.bytes, head.size);
    taken_ += head.bytes + head.size;
    for (std::size_t i = 0; i < payload.size(); ++i)
      payload[i] = static_cast<char>(static_cast<unsigned char>(payload[i]) ^ head.mask[i % 4]);
    const Event event =
        is_control(head.opcode) ? take_control(std::move(payload), head.opcode) : take_data(payload, head);
    if (event.kind != Event::Kind::need_more) return event;
  }
}

FrameReader::Event FrameReader::take_control(std::string payload, Opcode opcode) {
  current_ = std::move(payload);
  if (opcode == Opcode::ping) return {Event::Kind::ping, current_, {}};
  if (opcode == Opcode::pong) return {Event::Kind::pong, current_, {}};
  if (current_.empty()) return {Event::Kind::close, {}, CloseCode::normal};
  if (current_.size() == 1) return violation(CloseCode::protocol_error);
  const unsigned code = byte_at(current_, 0) << 8U | byte_at(current_, 1);
  if (!is_close_code(code)) return violation(CloseCode::protocol_error);
  if (!is_valid_utf8(std::string_view(current_).substr(2))) return violation(CloseCode::bad_text);
  return {Event::Kind::close, {}, static_cast<CloseCode>(code)};
}

FrameReader::Event FrameReader::take_data(const std::string& payload, const Head& head) {
  const bool starts = head.opcode != Opcode::continuation;
  if (starts == in_message_) return violation(CloseCode::protocol_error);
  if (head.opcode == Opcode::binary && !takes_binary_) return violation(CloseCode::unsupported);
  if (starts) is_binary_ = head.opcode == Opcode::binary;
  in_message_ = !head.final;
  message_ += payload;
  if (!head.final) return {};
  current_ = std::move(message_);
  message_.clear();
  if (is_binary_) return {Event::Kind::binary, current_, {}};
  if (!is_valid_utf8(current_)) return violation(CloseCode::bad_text);
  return {Event::Kind::text, current_, {}};
}

}  // namespace hub::live
