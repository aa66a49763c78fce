#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/engine/dead_letter.hpp"

namespace hub::server {

/// A letter, or what was done to one, as it lies on its topic: the letter's id as key, and a CloudEvent's attributes in
/// Kafka's binary mode. Of a kept letter the value is its exact bytes.
struct LetterMessage {
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};
LetterMessage to_message(const engine::DeadLetter& letter, engine::LetterChange change, Instant now);

struct ReadLetter {
  engine::LetterChange change = engine::LetterChange::kept;
  engine::DeadLetter letter;  ///< of a removed one the id alone; of one driven again its id and those marks
};
/// Nothing when it is not one of ours.
std::optional<ReadLetter> read_letter(std::string_view key, std::string_view value,
                                      const std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace hub::server
