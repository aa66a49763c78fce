#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/engine/input.hpp"

namespace hub::engine {

/// Where a record lay that is not one of ours.
struct Foreign {
  std::string topic;
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
  std::string key;
  std::vector<std::pair<std::string, std::string>> headers;
  bool operator==(const Foreign&) const = default;
};

/// What could not be decided, with its exact bytes (`input.data`), and all that is needed to drive it again.
struct DeadLetter {
  std::string id;  ///< as letter_id() makes it
  Instant at;
  std::string node;  ///< where it was buried
  std::string reason;
  Input input;
  std::optional<Foreign> foreign;  ///< set: `input` has data alone, and nobody can decide it
  Instant redriven_at;             ///< when it was driven again last; unset: never
  std::string redriven_as;         ///< id of the command that it was driven again as
  bool redriven_well = false;      ///< and that one was accepted
  bool published = false;          ///< other nodes can know of it
};

/// What happens to a letter that is kept.
enum class LetterChange : std::uint8_t { kept, redriven, removed };

/// "dl_" and 32 hexadecimal digits. The same command or message, and the same place of a foreign record, has the same
/// one wherever and however often it is buried; what has no command_id is told apart by `at`.
std::string letter_id(const DeadLetter& letter);
bool is_letter_id(std::string_view id);

/// The command by which a letter is driven again: the input as it was, without the deadline that has passed, under a
/// command_id of its own. That of the letter is spent: what became of it is remembered. The same `attempt` gives the
/// same command, so that it is decided once.
Input redrive_input(const DeadLetter& letter, std::uint32_t attempt);

}  // namespace hub::engine
