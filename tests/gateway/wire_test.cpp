#include "gateway/live/wire.hpp"

#include <gmock/gmock.h>

#include <boost/smart_ptr/make_shared.hpp>

#include "gateway/live/outbox.hpp"

namespace hub::live {
namespace {

using Kind = FrameReader::Event::Kind;

/// A frame as a client sends it.
std::string masked(unsigned first_byte, std::string_view payload) {
  std::string plain;
  append_frame(plain, Opcode::text, payload);
  plain[0] = static_cast<char>(first_byte);
  plain[1] = static_cast<char>(static_cast<unsigned char>(plain[1]) | 0x80U);
  const std::string mask = "\x12\x34\x56\x78";
  plain.insert(plain.size() - payload.size(), mask);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    char& byte = plain[plain.size() - payload.size() + i];
    byte = static_cast<char>(byte ^ mask[i % 4]);
  }
  return plain;
}

TEST(FrameReader, ReadsMessagesInPiecesOfAnySize) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 1'000U, 65'535U, 65'536U}) {
    const std::string text(size, 'x');
    const std::string bytes = masked(0x81, text) + masked(0x81, "next");
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
      FrameReader reader(70'000);
      std::vector<std::string> messages;
      for (std::size_t at = 0; at < bytes.size(); at += step) {
        reader.feed(std::string_view(bytes).substr(at, step));
        for (auto event = reader.next(); event.kind != Kind::need_more; event = reader.next()) {
          ASSERT_EQ(event.kind, Kind::text);
          messages.emplace_back(event.payload);
        }
      }
      ASSERT_THAT(messages, ::testing::ElementsAre(text, "next")) << size << " in steps of " << step;
    }
  }
}

TEST(FrameReader, PutsFragmentsTogetherWithControlFramesBetween) {
  FrameReader reader(100);
  reader.feed(masked(0x01, "one ") + masked(0x89, "ping") + masked(0x00, "two ") + masked(0x80, "three"));
  EXPECT_EQ(reader.next().kind, Kind::ping);
  const auto event = reader.next();
  EXPECT_EQ(event.kind, Kind::text);
  EXPECT_EQ(event.payload, "one two three");
}

TEST(FrameReader, TellsOfAViolationOnceAndReadsNothingBehindIt) {
  FrameReader reader(100);
  reader.feed(text_frame("not masked") + masked(0x81, "behind it"));
  EXPECT_EQ(reader.next().kind, Kind::violation);
  EXPECT_EQ(reader.next().kind, Kind::need_more);
  reader.feed(masked(0x81, "later"));
  EXPECT_EQ(reader.next().kind, Kind::need_more);
}

TEST(FrameReader, GivesBytesAsTheyAreWhereTheyAreSpoken) {
  const std::string bytes("\xff\x00\xc3", 3);
  FrameReader reader(100, true);
  reader.feed(masked(0x82, bytes) + masked(0x81, "text") + masked(0x02, bytes) + masked(0x80, "!"));
  const auto whole = reader.next();
  EXPECT_EQ(whole.kind, Kind::binary);
  EXPECT_EQ(whole.payload, bytes);
  EXPECT_EQ(reader.next().kind, Kind::text);
  const auto fragments = reader.next();
  EXPECT_EQ(fragments.kind, Kind::binary);
  EXPECT_EQ(fragments.payload, bytes + "!");
  reader.feed(masked(0x81, bytes));
  EXPECT_EQ(reader.next().code, CloseCode::bad_text);
}

TEST(FrameReader, RefusesWhatBreaksTheProtocol) {
  const auto code_of = [](const std::string& bytes) {
    FrameReader reader(100);
    reader.feed(bytes);
    const auto event = reader.next();
    return event.kind == Kind::violation ? static_cast<int>(event.code) : 0;
  };
  EXPECT_EQ(code_of(text_frame("not masked")), 1002);
  EXPECT_EQ(code_of(masked(0xC1, "reserved bit")), 1002);
  EXPECT_EQ(code_of(masked(0x83, "unknown opcode")), 1002);
  EXPECT_EQ(code_of(masked(0x80, "nothing to go on with")), 1002);
  EXPECT_EQ(code_of(masked(0x01, "a") + masked(0x81, "not ended")), 1002);
  EXPECT_EQ(code_of(masked(0x09, "ping in parts")), 1002);
  EXPECT_EQ(code_of(masked(0x89, std::string(126, 'x'))), 1002);
  EXPECT_EQ(code_of(masked(0x88, "x")), 1002);
  EXPECT_EQ(code_of(masked(0x88, std::string("\x03\xED", 2))), 1002);  // 1005 may not be sent
  EXPECT_EQ(code_of(masked(0x82, "binary")), 1003);
  EXPECT_EQ(code_of(masked(0x81, "\xFF\xFE")), 1007);
  EXPECT_EQ(code_of(masked(0x81, std::string(101, 'x'))), 1009);
  EXPECT_EQ(code_of(masked(0x01, std::string(60, 'x')) + masked(0x80, std::string(60, 'x'))), 1009);
  // The length alone is enough: 2^63 bytes are not waited for.
  EXPECT_EQ(code_of(std::string("\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                                "mask",
                                14)),
            1009);
}

LocalPrepared frame_of(const std::string& bytes, const std::string& key = {}) {
  auto frame = boost::make_shared<Prepared>();
  frame->bytes = bytes;
  frame->coalesce_key = key;
  return LocalPrepared(PreparedPtr(frame));
}

/// Takes everything out, `step` bytes a write.
std::string drained(Outbox& outbox, std::size_t step) {
  std::string out;
  std::array<boost::asio::const_buffer, Outbox::kFramesPerWrite> buffers;
  while (!outbox.empty()) {
    const auto count = outbox.gather(buffers);
    std::size_t left = step;
    for (std::size_t i = 0; i < count && left > 0; ++i) {
      const auto part = std::min(left, buffers[i].size());
      out.append(static_cast<const char*>(buffers[i].data()), part);
      left -= part;
    }
    outbox.sent(step - left);
  }
  return out;
}

TEST(Outbox, KeepsTheOrderThroughPartialWrites) {
  for (std::size_t step = 1; step < 50; ++step) {
    Outbox outbox(1'000'000);
    std::string expected;
    for (int i = 0; i < 700; ++i) {
      const auto text = std::to_string(i) + ";";
      outbox.push(frame_of(text, "same"), 1);
      expected += text;
    }
    ASSERT_EQ(drained(outbox, step), expected);
    ASSERT_EQ(outbox.bytes(), 0U);
  }
}

TEST(Outbox, KeepsOnlyTheLatestOfAKeyForASlowClient) {
  Outbox outbox(0);
  EXPECT_EQ(outbox.push(frame_of("a1 ", "a"), 1), 0U);
  outbox.push(frame_of("b1 ", "b"), 1);
  outbox.push(frame_of("other stream ", "a"), 2);
  outbox.push(frame_of("event "), 1);
  EXPECT_EQ(outbox.push(frame_of("a2 ", "a"), 1), 1U);
  EXPECT_EQ(drained(outbox, 100), "b1 other stream event a2 ");
}

TEST(Outbox, DoesNotReplaceAFrameOfWhichAPartIsOut) {
  Outbox outbox(0);
  outbox.push(frame_of("first", "a"), 1);
  std::array<boost::asio::const_buffer, Outbox::kFramesPerWrite> buffers;
  outbox.gather(buffers);
  outbox.push(frame_of("-second", "a"), 1);  // while it is being written
  outbox.sent(2);
  outbox.push(frame_of("-third", "a"), 1);
  EXPECT_EQ(drained(outbox, 3), "rst-third");
}

TEST(Outbox, StaysSmallHoweverOftenAKeyChanges) {
  Outbox outbox(0);
  outbox.push(frame_of("event "), 1);
  for (int i = 0; i < 100'000; ++i) {
    outbox.push(frame_of("a" + std::to_string(i) + " ", "a"), 1);
    outbox.push(frame_of("b" + std::to_string(i) + " ", "b"), 1);
  }
  EXPECT_EQ(outbox.bytes(), 6U + 7U + 7U);
  EXPECT_LT(outbox.places(), 1'000U);
  EXPECT_EQ(drained(outbox, 100), "event a99999 b99999 ");
}

}  // namespace
}  // namespace hub::live
