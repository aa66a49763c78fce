#pragma once
// One kept line of output on disk. The supervisor writes frames, the server reads them; neither needs the other alive.
// Self-contained: the supervisor links nothing but the C and C++ runtimes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace hub::providers::local {

inline constexpr std::uint32_t kFrameStderr = 1;
inline constexpr std::uint32_t kFrameSplit = 2;  ///< the line goes on in the next frame

/// Bytes of output at which a line is split.
inline constexpr std::size_t kLineBytesMax = 64 * 1'024;
/// A byte that is no UTF-8 becomes three.
inline constexpr std::size_t kFrameTextMax = 3 * kLineBytesMax;
/// crc u32, text length u32, seq u64, time i64 (µs since 1970), flags u32; little endian.
inline constexpr std::size_t kFrameHeaderBytes = 28;

struct Frame {
  std::uint64_t seq = 0;
  std::int64_t at_micros = 0;
  std::uint32_t flags = 0;
  std::string_view text;
};

namespace frame_detail {

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? (value >> 1) ^ 0x82F63B78U : value >> 1;
    table[i] = value;
  }
  return table;
}
inline constexpr std::array<std::uint32_t, 256> kCrcTable = crc_table();

template <class T>
void put(char* at, T value) {
  std::memcpy(at, &value, sizeof value);
}
template <class T>
T get(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace frame_detail

/// CRC-32C.
inline std::uint32_t frame_crc(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes)
    crc = frame_detail::kCrcTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

inline void append_frame(std::string& out, const Frame& frame) {
  const auto start = out.size();
  out.resize(start + kFrameHeaderBytes);
  out.append(frame.text);
  char* header = out.data() + start;
  frame_detail::put(header + 4, static_cast<std::uint32_t>(frame.text.size()));
  frame_detail::put(header + 8, frame.seq);
  frame_detail::put(header + 16, frame.at_micros);
  frame_detail::put(header + 24, frame.flags);
  frame_detail::put(header, frame_crc(std::string_view(out).substr(start + 4)));
}

/// Bytes that the frame at the start of `bytes` takes; 0 when its header is not there or says what cannot be.
inline std::size_t frame_size(std::string_view bytes) {
  if (bytes.size() < kFrameHeaderBytes) return 0;
  const std::size_t text = frame_detail::get<std::uint32_t>(bytes.data() + 4);
  return text <= kFrameTextMax ? kFrameHeaderBytes + text : 0;
}
/// Seq and time of the frame at the start of `bytes`, unchecked. Needs frame_size(bytes) > 0.
inline Frame frame_header(std::string_view bytes) {
  return {frame_detail::get<std::uint64_t>(bytes.data() + 8),
          frame_detail::get<std::int64_t>(bytes.data() + 16),
          frame_detail::get<std::uint32_t>(bytes.data() + 24),
          {}};
}
/// Reads and checks the frame at the start of `bytes`; its size, or 0 when it is not whole. `text` points into `bytes`.
inline std::size_t read_frame(std::string_view bytes, Frame& frame) {
  const auto size = frame_size(bytes);
  if (size == 0 || size > bytes.size()) return 0;
  if (frame_crc(bytes.substr(4, size - 4)) != frame_detail::get<std::uint32_t>(bytes.data())) return 0;
  frame = frame_header(bytes);
  frame.text = bytes.substr(kFrameHeaderBytes, size - kFrameHeaderBytes);
  return size;
}

/// "<first seq, 20 digits>.seg", so that names sort as their lines do.
inline constexpr std::string_view kSegmentSuffix = ".seg";
inline std::string segment_name(std::uint64_t first_seq) {
  auto digits = std::to_string(first_seq);
  return std::string(20 - digits.size(), '0') + digits + std::string(kSegmentSuffix);
}
/// The first seq of a segment's name; 0 when it is none.
inline std::uint64_t segment_first_seq(std::string_view name) {
  if (name.size() != 20 + kSegmentSuffix.size() || name.substr(20) != kSegmentSuffix) return 0;
  std::uint64_t seq = 0;
  for (const char digit : name.substr(0, 20)) {
    if (digit < '0' || digit > '9') return 0;
    seq = seq * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return seq;
}

}  // namespace hub::providers::local
