#include "gateway/cli/text.hpp"

#include <gmock/gmock.h>

#include "gateway/cli/exit_code.hpp"
#include "gateway/cli/table.hpp"
#include "tests/cli/terminal.hpp"

namespace hub::cli {
namespace {

using ::testing::HasSubstr;
using testing::kNow;
using ::testing::Not;
using testing::Terminal;

TEST(Sizes, AreReadWithBinaryAndDecimalUnits) {
  EXPECT_EQ(parse_bytes("512MiB").value(), 512LL << 20U);
  EXPECT_EQ(parse_bytes("1.5gb").value(), 1'500'000'000);
  EXPECT_EQ(parse_bytes("4096").value(), 4'096);
  EXPECT_EQ(parse_bytes("2TiB").value(), 2LL << 40U);
}

TEST(Sizes, WhatIsNoneIsRefused) {
  for (const auto* bad : {"", "MiB", "-1", "1 MiB", "1XB", "nan", "inf", "1e300", "9999999999TiB"})
    EXPECT_FALSE(parse_bytes(bad)) << bad;
}

TEST(Prices, AreExactMicroDollars) {
  EXPECT_EQ(parse_usd_micro("0.35").value(), 350'000);
  EXPECT_EQ(parse_usd_micro("2").value(), 2'000'000);
  EXPECT_EQ(parse_usd_micro("0.000001").value(), 1);
  for (const auto* bad : {"", ".5", "1.", "0.0000001", "-1", "1,5", "1e3"}) EXPECT_FALSE(parse_usd_micro(bad)) << bad;
}

TEST(Moments, AreTimesOrSpansAgo) {
  EXPECT_EQ(parse_moment("10m", kNow).value(), kNow - seconds(600));
  EXPECT_EQ(parse_moment("2026-03-01T12:00:00Z", kNow).value(), kNow);
  const auto bad = parse_moment("yesterday", kNow);
  ASSERT_FALSE(bad);
  EXPECT_EQ(exit_of(bad.error()), Exit::usage);
}

TEST(Ages, AreToldInOneUnit) {
  EXPECT_EQ(age_text(kNow - seconds(200), kNow), "3 min ago");
  EXPECT_EQ(age_text(kNow - seconds(7'300), kNow), "2 h ago");
  EXPECT_EQ(age_text(kNow - seconds(3 * 86'400), kNow), "3 d ago");
  EXPECT_EQ(age_text(kNow + seconds(2), kNow), "now");
  EXPECT_EQ(age_text(kNow + seconds(7'300), kNow), "in 2 h");
  EXPECT_EQ(age_text({}, kNow), "");
}

TEST(Money, ShowsCentsAndLessWhereItIsLess) {
  EXPECT_EQ(usd_text(1'200'000), "$1.20");
  EXPECT_EQ(usd_text(1'234'567'890'000), "$1,234,567.89");
  EXPECT_EQ(usd_text(120), "$0.00012");
  EXPECT_EQ(usd_text(0), "$0.00");
}

TEST(Widths, CountColumnsAndNotBytes) {
  EXPECT_EQ(display_width("grün"), 4U);
  EXPECT_EQ(display_width("部署"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);
  EXPECT_EQ(cut_to("部署部署", 5), "部署…");
  EXPECT_EQ(cut_to("short", 5), "short");
}

TEST(Texts, CannotSteerTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\nc"), "a·[31mb·c");
  EXPECT_EQ(printable("\xC2\x9B"
                      "2J"),
            "·2J");
  EXPECT_EQ(printable("\xFFx"), "\xEF\xBF\xBDx");
}

TEST(Hints, NameTheNearestWord) {
  constexpr std::string_view words[] = {"deploy", "restart", "stop", "start"};
  EXPECT_EQ(nearest("deplyo", words), "deploy");
  EXPECT_EQ(nearest("rest", words), "restart");
  EXPECT_EQ(nearest("frobnicate", words), "");
}

TEST(Urls, KeepOnlyPlainCharacters) {
  EXPECT_EQ(url_encode("a b/ü&=~"), "a%20b%2F%C3%BC%26%3D~");
}

TEST(ExitCodes, FollowFromFailures) {
  EXPECT_EQ(exit_of(wrong_usage("x")), Exit::usage);
  EXPECT_EQ(exit_of(invalid("config.value", "x")), Exit::usage);
  EXPECT_EQ(exit_of(unreachable("x")), Exit::unreachable);
  EXPECT_EQ(exit_of(not_found("deployment.not_found", "x")), Exit::not_found);
  EXPECT_EQ(exit_of(internal_failure(kCodeUnverified, "x")), Exit::unverified);
  EXPECT_EQ(exit_of(conflict("deployment.not_running", "x")), Exit::failed);
}

std::string three_columns(Console console) {
  return render_table({{"ID"}, {"NAME", false, 4}, {"COUNT", true}},
                      {{{"dep_1"}, {"a-rather-long-name"}, {"7"}}, {{"dep_2"}, {"部署"}, {"1,000"}}}, console);
}

TEST(Tables, AlignColumnsByDisplayedWidth) {
  EXPECT_EQ(three_columns(Terminal{}.console()),
            "ID     NAME                COUNT\n"
            "dep_1  a-rather-long-name      7\n"
            "dep_2  部署                1,000\n");
}

TEST(Tables, GiveWayToTheTerminalsWidth) {
  Terminal terminal;
  terminal.columns = 24;
  EXPECT_EQ(three_columns(terminal.console()),
            "ID     NAME        COUNT\n"
            "dep_1  a-rather-…      7\n"
            "dep_2  部署        1,000\n");
}

TEST(Tables, AreNeverCutWhenNobodyLooks) {
  EXPECT_THAT(three_columns(Terminal{}.console()), HasSubstr("a-rather-long-name"));
}

TEST(Tables, ShowColourOnlyWhereItIsWanted) {
  Terminal terminal;
  const std::vector<std::vector<Cell>> rows = {{{"running", Colour::green}}};
  EXPECT_THAT(render_table({{"STATUS"}}, rows, terminal.console()), Not(HasSubstr("\x1b")));
  terminal.colour = true;
  EXPECT_THAT(render_table({{"STATUS"}}, rows, terminal.console()), HasSubstr("\x1b[32mrunning\x1b[0m"));
}

TEST(Tables, StripWhatWouldSteerTheTerminal) {
  const auto text = render_table({{"NAME"}}, {{{"\x1b]0;owned\x07"}}}, Terminal{}.console());
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace hub::cli
