#include "gateway/server/letter_codec.hpp"

#include <gtest/gtest.h>

#include "actors/engine/row_codec.hpp"

namespace hub::server {
namespace {

using engine::DeadLetter;
using engine::LetterChange;

DeadLetter command() {
  DeadLetter letter;
  letter.at = Instant{1'772'366'400'000'001};
  letter.node = "one";
  letter.reason = "decide threw";
  letter.input.source = engine::Input::Source::effect;
  letter.input.entity = "dep_x";
  letter.input.type = "ReportExited";
  letter.input.data = std::string("\x00\xff exact", 8);
  letter.input.command_id = "c";
  letter.input.body_hash = std::string("\xff\x00\x01", 3);
  letter.input.actor = "user:ann";
  letter.input.organisation = "default";
  letter.input.project = "vision";
  letter.input.correlation_id = "trace";
  letter.input.deadline = Instant{1'772'366'400'000'002};
  letter.input.hops = 65;
  letter.id = letter_id(letter);
  return letter;
}

DeadLetter foreign() {
  DeadLetter letter;
  letter.at = Instant{1};
  letter.node = "two";
  letter.reason = "foreign record";
  letter.input.data = std::string("\xff", 1);
  letter.foreign =
      engine::Foreign{"ns.events", 3, 7, std::string("k\0", 2), {{"a", "1"}, {"a", std::string("\xff\0", 2)}}};
  letter.id = letter_id(letter);
  return letter;
}

std::optional<ReadLetter> through(const DeadLetter& letter, LetterChange change) {
  const auto message = to_message(letter, change, Instant{5});
  return read_letter(message.key, message.value, message.headers);
}

TEST(LetterCodec, AKeptLetterComesThroughWithEveryByte) {
  for (const auto& letter : {command(), foreign()}) {
    const auto read = through(letter, LetterChange::kept);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->change, LetterChange::kept);
    EXPECT_EQ(engine::encode_dead_letter(read->letter), engine::encode_dead_letter(letter));
  }
}

TEST(LetterCodec, TheExactBytesAreTheValueOfTheMessage) {
  EXPECT_EQ(to_message(command(), LetterChange::kept, Instant{5}).value, command().input.data);
}

TEST(LetterCodec, AMarkThatItWasDrivenAgainComesThrough) {
  auto letter = command();
  letter.redriven_at = Instant{9};
  letter.redriven_as = "again";
  letter.redriven_well = true;
  const auto read = through(letter, LetterChange::redriven);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->change, LetterChange::redriven);
  EXPECT_EQ(read->letter.id, letter.id);
  EXPECT_EQ(read->letter.redriven_at, letter.redriven_at);
  EXPECT_EQ(read->letter.redriven_as, "again");
  EXPECT_TRUE(read->letter.redriven_well);
}

TEST(LetterCodec, WhatIsNotOursIsNotRead) {
  const auto message = to_message(command(), LetterChange::removed, Instant{5});
  EXPECT_TRUE(read_letter(message.key, message.value, message.headers));
  EXPECT_FALSE(read_letter("another", message.value, message.headers));
  EXPECT_FALSE(read_letter(message.key, message.value, {}));
  EXPECT_FALSE(read_letter(message.key, message.value, {{"ce_type", "computehub.dead-letter.another.v1"}}));
}

}  // namespace
}  // namespace hub::server
