#include "actors/engine/dead_letter.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "actors/engine/row_codec.hpp"
#include "actors/engine/state_store.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::engine {
namespace {

DeadLetter letter(const std::string& command_id, Instant at = Instant{1}) {
  DeadLetter made;
  made.at = at;
  made.node = "one";
  made.reason = "decide threw";
  made.input.entity = "cnt_x";
  made.input.type = "Add";
  made.input.data = std::string("\x00\xff exact", 8);
  made.input.command_id = command_id;
  made.id = letter_id(made);
  return made;
}

DeadLetter foreign(std::uint64_t offset) {
  DeadLetter made;
  made.at = Instant{2};
  made.foreign = Foreign{"ns.events", 3, offset, std::string("k\0", 2), {{"a", "1"}, {"a", std::string("\xff", 1)}}};
  made.id = letter_id(made);
  return made;
}

TEST(DeadLetter, TheSameCommandHasTheSameIdWheneverItIsBuried) {
  EXPECT_EQ(letter("c", Instant{1}).id, letter("c", Instant{2}).id);
  EXPECT_NE(letter("c").id, letter("d").id);
  EXPECT_TRUE(is_letter_id(letter("c").id));
}

TEST(DeadLetter, WhatHasNoCommandIdIsToldApartByItsTime) {
  EXPECT_NE(letter("", Instant{1}).id, letter("", Instant{2}).id);
  EXPECT_EQ(letter("", Instant{1}).id, letter("", Instant{1}).id);
}

TEST(DeadLetter, AForeignRecordHasTheIdOfItsPlace) {
  EXPECT_EQ(foreign(7).id, foreign(7).id);
  EXPECT_NE(foreign(7).id, foreign(8).id);
}

TEST(DeadLetter, IsDrivenAgainAsItWasUnderAnIdOfItsOwn) {
  auto buried = letter("c");
  buried.input.deadline = Instant{5};
  buried.input.actor = "user:ann";
  const auto first = redrive_input(buried, 0);
  EXPECT_EQ(first.data, buried.input.data);
  EXPECT_EQ(first.actor, "user:ann");
  EXPECT_FALSE(first.deadline.is_set());
  EXPECT_EQ(first.command_id, redrive_input(buried, 0).command_id);
  EXPECT_NE(first.command_id, redrive_input(buried, 1).command_id);
  EXPECT_NE(first.command_id, "c");
}

TEST(DeadLetter, ARowHoldsAllOfIt) {
  for (auto made : {letter("c"), foreign(7)}) {
    made.redriven_at = Instant{9};
    made.redriven_as = "again";
    made.published = true;
    DeadLetter read;
    ASSERT_TRUE(decode_dead_letter(encode_dead_letter(made), read));
    EXPECT_EQ(encode_dead_letter(read), encode_dead_letter(made));
    EXPECT_EQ(read.input.data, made.input.data);
    EXPECT_EQ(read.foreign, made.foreign);
    EXPECT_TRUE(read.published);
    EXPECT_FALSE(read.redriven_well);
  }
}

TEST(DeadLetters, AreThereBehindACrashThatTakesTheOtherRows) {
  const test::TempFolder folder;
  const auto live = folder.path() / "live", crashed = folder.path() / "crashed";
  const auto store = open_state_store(live).value();
  StateChanges changes;
  changes.heads.emplace_back(0, log::Head{5, 1, {}, Instant{1}});
  store->apply(changes);
  EXPECT_EQ(store->keep({letter("c"), letter("c"), letter("d")}).size(), 2U);
  EXPECT_TRUE(store->change_dead_letter(letter("c").id, [](DeadLetter& kept) { kept.redriven_at = Instant{3}; }));
  EXPECT_TRUE(store->drop_dead_letter(letter("d").id));
  // What the disk holds at this moment is what a killed process leaves behind.
  std::filesystem::copy(live, crashed, std::filesystem::copy_options::recursive);
  const auto again = open_state_store(crashed).value();
  EXPECT_EQ(again->head(0).seq, 0U);
  const auto letters = again->dead_letters(10);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].input.data, letter("c").input.data);
  EXPECT_EQ(letters[0].redriven_at, Instant{3});
  EXPECT_TRUE(again->keep({letter("c")}).empty());
}

TEST(DeadLetters, AreListedNewestFirst) {
  const auto store = make_memory_state_store();
  store->keep({letter("a", Instant{1}), letter("b", Instant{3}), letter("c", Instant{2})});
  const auto letters = store->dead_letters(2);
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(letters[0].input.command_id, "b");
  EXPECT_EQ(letters[1].input.command_id, "c");
}

}  // namespace
}  // namespace hub::engine
