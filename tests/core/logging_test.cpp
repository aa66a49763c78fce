#include "events/core/logging.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "events/core/histogram.hpp"

namespace hub {
namespace {

using logging::Field;
using logging::Level;

std::string as_text(std::initializer_list<Field> fields) {
  std::string out;
  logging::append_text(out, "told", {fields.begin(), fields.size()});
  return out;
}
std::string as_json(std::initializer_list<Field> fields) {
  std::string out;
  logging::append_json(out, "told", {fields.begin(), fields.size()});
  return out;
}

TEST(Logging, FieldsKeepTheirTypes) {
  EXPECT_EQ(as_text({{"n", 1}, {"u", 2U}, {"d", 0.5}, {"b", true}, {"t", "word"}}), "told n=1 u=2 d=0.5 b=true t=word");
  EXPECT_EQ(as_json({{"n", -1}, {"u", std::numeric_limits<std::uint64_t>::max()}, {"b", false}, {"t", "word"}}),
            R"("message":"told","n":-1,"u":18446744073709551615,"b":false,"t":"word")");
}

TEST(Logging, NoValueCanBeginALineOrPretendToBeAField) {
  EXPECT_EQ(as_text({{"t", "a\nfalse line"}}), R"(told t="a\nfalse line")");
  EXPECT_EQ(as_text({{"t", "a b=c"}}), R"(told t="a b=c")");
  EXPECT_EQ(as_text({{"t", "x=y"}}), R"(told t="x=y")");
  EXPECT_EQ(as_text({{"t", ""}}), R"(told t="")");
  EXPECT_EQ(as_text({{"t", "\"q\""}}), R"(told t="\"q\"")");
  EXPECT_EQ(as_json({{"t", "\xff\x01"}}), "\"message\":\"told\",\"t\":\"\xef\xbf\xbd\\u0001\"");
}

struct Kept final : logging::Sink {
  bool wants(Level level) const override { return level >= Level::info; }
  void write(Level, std::string_view message, logging::Fields fields) override {
    lines.emplace_back();
    logging::append_text(lines.back(), message, fields);
  }
  void flush() override { ++flushes; }
  std::vector<std::string> lines;
  int flushes = 0;
};

TEST(Logging, LinesGoToTheSinkThatWantsThem) {
  Kept sink;
  logging::set_sink(&sink);
  EXPECT_FALSE(logging::wants(Level::debug));
  logging::write(Level::debug, "hidden");
  logging::write(Level::info, "shown", {{"a", 1}});
  logging::write_last("the end");
  logging::set_sink(nullptr);
  logging::write(Level::info, "nobody is there");
  EXPECT_THAT(sink.lines, ::testing::ElementsAre("shown a=1", "the end"));
  EXPECT_EQ(sink.flushes, 1);
}

TEST(Histogram, CountsByRangeAndInAll) {
  Histogram<3> histogram({10, 100, 1'000});
  for (const std::uint64_t value : {0U, 10U, 11U, 1'000U, 1'001U}) histogram.observe(value);
  EXPECT_EQ(histogram.count(0), 2U);
  EXPECT_EQ(histogram.count(1), 1U);
  EXPECT_EQ(histogram.count(2), 1U);
  EXPECT_EQ(histogram.count(3), 1U);
  EXPECT_EQ(histogram.sum(), 2'022U);
}

}  // namespace
}  // namespace hub
