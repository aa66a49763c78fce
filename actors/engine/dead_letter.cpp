#include "actors/engine/dead_letter.hpp"

#include <algorithm>

#include "events/core/digest.hpp"
#include "events/core/varint.hpp"

namespace hub::engine {
namespace {

constexpr std::string_view kPrefix = "dl_";
constexpr std::size_t kDigits = 32;

}  // namespace

std::string letter_id(const DeadLetter& letter) {
  std::string text;
  if (letter.foreign) {
    append_sized(text, letter.foreign->topic);
    append_varint(text, letter.foreign->partition);
    append_varint(text, letter.foreign->offset);
  } else {
    const auto& input = letter.input;
    append_varint(text, static_cast<std::uint64_t>(input.source));
    for (const auto* part : {&input.entity, &input.type, &input.data, &input.command_id}) append_sized(text, *part);
    if (input.command_id.empty()) append_varint(text, static_cast<std::uint64_t>(letter.at.micros));
  }
  return std::string(kPrefix) + to_hex(sha256(text)).substr(0, kDigits);
}

bool is_letter_id(std::string_view id) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return id.starts_with(kPrefix) && id.size() == kPrefix.size() + kDigits &&
         std::all_of(id.begin() + kPrefix.size(), id.end(), is_digit);
}

Input redrive_input(const DeadLetter& letter, std::uint32_t attempt) {
  auto input = letter.input;
  input.source = Input::Source::command;
  input.command_id = to_hex(sha256({"redrive\n", letter.id, "\n", std::to_string(attempt)}));
  input.deadline = {};
  input.hops = 0;
  return input;
}

}  // namespace hub::engine
