#include "projections/core/bytes.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace hub::projections {
namespace {

TEST(OrderedBytes, SortAsTheNumbersDo) {
  std::string before;
  for (const std::int64_t value :
       {std::numeric_limits<std::int64_t>::min(), std::int64_t{-256}, std::int64_t{-1}, std::int64_t{0},
        std::int64_t{255}, std::int64_t{256}, std::numeric_limits<std::int64_t>::max()}) {
    std::string bytes;
    append_ordered(bytes, value);
    EXPECT_LT(before, bytes);
    std::string_view rest = bytes;
    std::int64_t read = 7;
    EXPECT_TRUE(take_ordered(rest, read));
    EXPECT_EQ(read, value);
    EXPECT_FALSE(take_ordered(rest, read));
    before = bytes;
  }
}

TEST(OrderedBytes, TheKeyBehindAPrefixIsTheLeastAboveAllThatBeginWithIt) {
  EXPECT_EQ(after_prefix("ab"), "ac");
  EXPECT_EQ(after_prefix("a\xFF\xFF"), "b");
  EXPECT_EQ(after_prefix("\xFF"), "");
}

}  // namespace
}  // namespace hub::projections
