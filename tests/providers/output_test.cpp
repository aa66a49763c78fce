// Lines, segments and queries, without a process.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "adapters/providers/local/line_cutter.hpp"
#include "adapters/providers/local/log_reader.hpp"
#include "adapters/providers/local/log_writer.hpp"
#include "tests/providers/local_harness.hpp"

namespace hub::providers::local {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Cut {
  std::vector<std::string> lines;
  std::vector<bool> splits;
  LineCutter cutter{[this](std::string_view text, bool split) {
    lines.emplace_back(text);
    splits.push_back(split);
  }};
};

TEST(LineCutterTest, PutsLinesTogetherFromPieces) {
  Cut cut;
  for (const char* piece : {"a", "b\nc", "\n\nd", "e"}) cut.cutter.feed(piece);
  EXPECT_THAT(cut.lines, ElementsAre("ab", "c", ""));
  EXPECT_TRUE(cut.cutter.has_unfinished());
}

TEST(LineCutterTest, KeepsALineOfExactlyTheLimitWhole) {
  Cut cut;
  cut.cutter.feed(std::string(kLineBytesMax, 'x') + "\n");
  ASSERT_EQ(cut.lines.size(), 1U);
  EXPECT_FALSE(cut.splits[0]);
  EXPECT_EQ(cut.lines[0].size(), kLineBytesMax);
}

TEST(LineCutterTest, SplitsALongerLineAndMarksIt) {
  Cut cut;
  for (int i = 0; i < 3; ++i) cut.cutter.feed(std::string(kLineBytesMax / 2 + 1, 'x'));
  cut.cutter.feed("end\n");
  ASSERT_EQ(cut.lines.size(), 2U);
  EXPECT_EQ(cut.splits, (std::vector<bool>{true, false}));
  EXPECT_EQ(cut.lines[0].size() + cut.lines[1].size(), 3 * (kLineBytesMax / 2 + 1) + 3);
}

TEST(LineCutterTest, DoesNotSplitInsideACharacter) {
  Cut cut;
  cut.cutter.feed(std::string(kLineBytesMax - 1, 'x') + "\xE2\x82\xAC" + "tail\n");
  ASSERT_EQ(cut.lines.size(), 2U);
  EXPECT_EQ(cut.lines[0].size(), kLineBytesMax - 1);
  EXPECT_EQ(cut.lines[1],
            "\xE2\x82\xAC"
            "tail");
}

TEST(LineCutterTest, ReplacesEachByteThatIsNoUtf8) {
  const std::string mark = "\xEF\xBF\xBD";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"ok \xE2\x82\xAC", "ok \xE2\x82\xAC"},
      {"\xFF", mark},
      {"a\xC3", "a" + mark},
      {"\xC0\xAF", mark + mark},                        // overlong
      {"\xED\xA0\x80", mark + mark + mark},             // surrogate
      {"\xF4\x90\x80\x80", mark + mark + mark + mark},  // beyond U+10FFFF
      {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"}};
  for (const auto& [bytes, text] : cases) {
    std::string out;
    append_valid_utf8(out, bytes);
    EXPECT_EQ(out, text);
  }
}

TEST(LineCutterTest, DeliversAnUnfinishedLineOnce) {
  Cut cut;
  cut.cutter.feed("prompt> ");
  cut.cutter.flush();
  cut.cutter.flush();
  cut.cutter.feed("\nnext\n");
  EXPECT_THAT(cut.lines, ElementsAre("prompt> ", "next"));
}

class OutputTest : public testing::Test {
 protected:
  std::string log() const { return folder_.path() + "/log"; }
  /// Writes lines "line N", one a write, a second apart from 1,000 s on.
  void write(LogWriter& writer, int from, int to) {
    for (int i = from; i <= to; ++i) {
      writer.add("line " + std::to_string(i), i % 2 == 0 ? kFrameStderr : 0, (1'000 + i) * 1'000'000LL);
      writer.flush();
    }
  }
  std::string last_segment() const { return log() + "/" + names_in(log()).back(); }

  TemporaryFolder folder_;
};

std::vector<std::uint64_t> seqs_of(const LogPage& page) {
  std::vector<std::uint64_t> seqs;
  for (const auto& line : page.lines) seqs.push_back(line.seq);
  return seqs;
}

TEST_F(OutputTest, GoesOnWithTheNextNumberWhenReopened) {
  for (int i = 0; i < 3; ++i) {
    LogWriter writer(log(), 1 << 20);
    ASSERT_TRUE(writer.open());
    write(writer, i * 2 + 1, i * 2 + 2);
  }
  EXPECT_THAT(seqs_of(LogReader(log()).read({})), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(OutputTest, CutsATornLineAndGoesOnBehindTheWholeOnes) {
  {
    LogWriter writer(log(), 1 << 20);
    ASSERT_TRUE(writer.open());
    write(writer, 1, 3);
  }
  struct stat info {};
  ASSERT_EQ(::stat(last_segment().c_str(), &info), 0);
  ASSERT_EQ(::truncate(last_segment().c_str(), info.st_size - 3), 0);
  EXPECT_THAT(seqs_of(LogReader(log()).read({})), ElementsAre(1, 2)) << "a reader stops at a torn line";
  LogWriter writer(log(), 1 << 20);
  ASSERT_TRUE(writer.open());
  EXPECT_EQ(writer.last_seq(), 2U);
  write(writer, 3, 4);
  EXPECT_THAT(texts_of(LogReader(log()).read({})), ElementsAre("line 1", "line 2", "line 3", "line 4"));
}

TEST_F(OutputTest, DropsTheOldestAndSaysWhatIsLost) {
  constexpr std::uint64_t kBytesMax = 64 * 1'024;
  LogWriter writer(log(), kBytesMax);
  ASSERT_TRUE(writer.open());
  write(writer, 1, 5'000);
  std::uint64_t total = 0;
  for (const auto& name : names_in(log())) {
    struct stat info {};
    ASSERT_EQ(::stat((log() + "/" + name).c_str(), &info), 0);
    total += static_cast<std::uint64_t>(info.st_size);
  }
  EXPECT_LE(total, kBytesMax);
  EXPECT_GT(total, kBytesMax * 3 / 4);

  LogReader reader(log());
  const auto from_first_kept = reader.read({});
  EXPECT_EQ(from_first_kept.lost_from, 0U) << "who names no place misses nothing";
  const auto first_kept = from_first_kept.lines.front().seq;
  EXPECT_GT(first_kept, 1U);
  LogQuery from_ten;
  from_ten.after = 10;
  const auto page = reader.read(from_ten);
  EXPECT_EQ(page.lost_from, 11U);
  EXPECT_EQ(page.lost_to, first_kept - 1);
  EXPECT_EQ(page.lines.front().seq, first_kept);
}

TEST_F(OutputTest, AnswersQueries) {
  LogWriter writer(log(), 16 << 20);
  ASSERT_TRUE(writer.open());
  // Long lines, so that they fill several marks and segments.
  for (int i = 1; i <= 2'000; ++i) {
    writer.add("line " + std::to_string(i) + " " + std::string(2'000, '.'), i % 2 == 0 ? kFrameStderr : 0,
               (1'000 + i) * 1'000'000LL);
    writer.flush();
  }
  ASSERT_GT(names_in(log()).size(), 2U);
  LogReader reader(log());
  const auto ask = [&](auto change) {
    LogQuery query;
    change(query);
    return reader.read(query);
  };
  EXPECT_THAT(seqs_of(ask([](auto& q) { q.after = 1'500, q.limit = 3; })), ElementsAre(1'501, 1'502, 1'503));
  EXPECT_THAT(seqs_of(ask([](auto& q) { q.before = 1'500, q.limit = 3; })), ElementsAre(1'497, 1'498, 1'499));
  EXPECT_THAT(seqs_of(ask([](auto& q) { q.tail = 2; })), ElementsAre(1'999, 2'000));
  EXPECT_THAT(seqs_of(ask([](auto& q) { q.tail = 2, q.is_stderr = false; })), ElementsAre(1'997, 1'999));
  EXPECT_THAT(seqs_of(ask([](auto& q) { q.contains = "line 777 "; })), ElementsAre(777));
  EXPECT_THAT(seqs_of(ask([](auto& q) {
                q.from = Instant{1'700 * 1'000'000LL};
                q.to = Instant{1'702 * 1'000'000LL};
              })),
              ElementsAre(700, 701));
  EXPECT_THAT(seqs_of(ask([](auto& q) {
                q.tail = 10;
                q.from = Instant{2'999 * 1'000'000LL};
              })),
              ElementsAre(1'999, 2'000));
  EXPECT_THAT(seqs_of(ask([](auto& q) { q.before = 10, q.after = 7; })), ElementsAre(8, 9));
  EXPECT_THAT(seqs_of(ask([](auto& q) { q.after = 2'000; })), IsEmpty());

  EXPECT_EQ(ask([](auto& q) { q.after = 10, q.limit = 5; }).next_after, 15U);
  EXPECT_EQ(ask([](auto& q) { q.contains = "no such text"; }).next_after, 2'000U);
  EXPECT_EQ(ask([](auto& q) { q.tail = 1; }).next_after, 2'000U);
  EXPECT_EQ(ask([](auto& q) { q.after = 2'000; }).next_after, 2'000U);
}

TEST_F(OutputTest, ReadsWhileTheWriterGoesOn) {
  LogWriter writer(log(), 64 * 1'024);
  ASSERT_TRUE(writer.open());
  LogReader reader(log());
  LogQuery query;
  query.after = 0;
  std::uint64_t expected = 1;
  for (int round = 0; round < 200; ++round) {
    write(writer, round * 10 + 1, round * 10 + 10);
    for (const auto& line : reader.read(query).lines) EXPECT_EQ(line.seq, expected++);
    query.after = expected - 1;
  }
  EXPECT_EQ(expected, 2'001U);
}

TEST_F(OutputTest, KeepsTimesInOrderWhenTheClockIsSetBack) {
  LogWriter writer(log(), 1 << 20);
  ASSERT_TRUE(writer.open());
  for (const std::int64_t at : {100, 50, 200}) writer.add("x", 0, at);
  writer.flush();
  const auto lines = LogReader(log()).read({}).lines;
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1].time, Instant{100});
  EXPECT_EQ(lines[2].time, Instant{200});
}

TEST_F(OutputTest, SkipsADamagedSegmentAndSaysSo) {
  LogWriter writer(log(), 64 * 1'024);
  ASSERT_TRUE(writer.open());
  write(writer, 1, 300);
  const auto names = names_in(log());
  ASSERT_GT(names.size(), 2U);
  {
    const Fd file(::open((log() + "/" + names[0]).c_str(), O_WRONLY));
    ASSERT_EQ(::pwrite(file.get(), "damage", 6, 2'000), 6);
  }
  LogQuery query;
  query.after = 0;
  const auto page = LogReader(log()).read(query);
  EXPECT_GT(page.lost_from, 1U);
  EXPECT_EQ(page.lost_to, segment_first_seq(names[1]) - 1);
  EXPECT_EQ(page.lines.back().seq, 300U);
}

}  // namespace
}  // namespace hub::providers::local
