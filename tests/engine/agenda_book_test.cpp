#include "actors/engine/agenda_book.hpp"

#include <gmock/gmock.h>

namespace hub::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(AgendaBook, AnEffectOfAnotherPlaceIsKnownAndNeverDueHere) {
  engine::AgendaBook book("here");
  const auto effect = [](std::string name, std::string place) {
    return engine::Due{engine::Due::Kind::effect, std::move(name), "1", {}, "{}", {}, std::move(place)};
  };
  EXPECT_TRUE(book.replace("cnt_1", {effect("mine", "here"), effect("anybody's", ""), effect("theirs", "there")}));
  std::vector<std::string> due;
  for (const auto& item : book.take_due(Instant{1}, 10)) due.push_back(item.due.name);
  EXPECT_THAT(due, UnorderedElementsAre("mine", "anybody's"));
  EXPECT_TRUE(book.replace("cnt_1", {})) << "its row is to go";
}

TEST(AgendaBook, WhatIsOwedAtAPlaceIsDueWhileThatIsAttachedAndAgainAtEachAttaching) {
  engine::AgendaBook book;
  const engine::Due there{engine::Due::Kind::effect, "theirs", "1", {}, "{}", {}, "there"};
  const engine::Due here{engine::Due::Kind::effect, "ours", "1", {}, "{}", {}, {}};
  const auto due = [&] {
    std::vector<std::string> names;
    for (const auto& item : book.take_due(Instant{1}, 10)) names.push_back(item.due.name);
    return names;
  };
  book.replace("cnt_1", {here, there});
  EXPECT_THAT(due(), ElementsAre("ours"));
  book.attach("there");
  EXPECT_THAT(due(), ElementsAre("theirs"));
  EXPECT_THAT(due(), IsEmpty()) << "it is under way";
  book.attach("there");
  EXPECT_THAT(due(), ElementsAre("theirs")) << "another connection: nobody knows what became of it";
  book.detach("there");
  book.replace("cnt_1", {here, there});
  EXPECT_THAT(due(), IsEmpty());
  EXPECT_FALSE(book.next_due());
  book.attach("there");
  book.detach("there");
  EXPECT_THAT(due(), IsEmpty()) << "nor is what waited";
  book.attach("there");
  book.replace("cnt_1", {here});
  EXPECT_THAT(due(), IsEmpty()) << "what is owed no more";
}

}  // namespace
}  // namespace hub::test
