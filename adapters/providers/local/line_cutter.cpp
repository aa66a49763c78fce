#include "adapters/providers/local/line_cutter.hpp"

#include "adapters/providers/local/frame.hpp"

namespace hub::providers::local {
namespace {

unsigned char byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// Length of the well-formed character at the start of `bytes`; 0 when there is none.
std::size_t character_size(std::string_view bytes) {
  const auto first = byte_at(bytes, 0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte_at(bytes, i) & 0xC0) != 0x80) return 0;
  const auto second = byte_at(bytes, 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : size;
}

/// Where to cut at `at` without tearing a character.
std::size_t character_start(std::string_view bytes, std::size_t at) {
  for (std::size_t back = 1; back <= 3 && back < at; ++back) {
    if ((byte_at(bytes, at - back) & 0xC0) == 0x80) continue;
    const auto size = character_size(bytes.substr(at - back));
    return size > back ? at - back : at;
  }
  return at;
}

}  // namespace

void append_valid_utf8(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t valid = 0;
    while (valid < bytes.size()) {
      const auto size = character_size(bytes.substr(valid));
      if (size == 0) break;
      valid += size;
    }
    out.append(bytes.substr(0, valid));
    if (valid == bytes.size()) return;
    out.append("\xEF\xBF\xBD");
    bytes.remove_prefix(valid + 1);
  }
}

void LineCutter::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto newline = bytes.find('\n');
    if (newline == std::string_view::npos) return take(bytes);
    take(bytes.substr(0, newline));
    if (!was_flushed_ || !unfinished_.empty()) deliver(unfinished_, false);
    unfinished_.clear();
    was_flushed_ = false;
    bytes.remove_prefix(newline + 1);
  }
}

void LineCutter::take(std::string_view bytes) {
  unfinished_.append(bytes);
  // One byte more than a full line must be there: a line of exactly the limit is whole, and is not split.
  std::size_t done = 0;
  while (unfinished_.size() - done > kLineBytesMax) {
    const auto rest = std::string_view(unfinished_).substr(done);
    const auto cut = character_start(rest, kLineBytesMax);
    deliver(rest.substr(0, cut), true);
    done += cut;
  }
  unfinished_.erase(0, done);
}

void LineCutter::flush() {
  if (unfinished_.empty()) return;
  deliver(unfinished_, false);
  unfinished_.clear();
  was_flushed_ = true;
}

void LineCutter::deliver(std::string_view bytes, bool split) {
  std::string text;
  append_valid_utf8(text, bytes);
  sink_(text, split);
}

}  // namespace hub::providers::local
