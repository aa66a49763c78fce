#include "gateway/server/letter_codec.hpp"

#include <charconv>

#include "events/core/digest.hpp"
#include "events/core/varint.hpp"

namespace hub::server {
namespace {

using engine::DeadLetter;
using engine::Input;
using engine::LetterChange;

constexpr std::string_view kTypes[] = {"computehub.dead-letter.kept.v1", "computehub.dead-letter.redriven.v1",
                                       "computehub.dead-letter.removed.v1"};
constexpr std::string_view kSources[] = {"command", "message", "timer", "effect"};

/// Texts of a letter that are attributes of the CloudEvent; values are UTF-8 or hexadecimal.
constexpr std::pair<std::string_view, std::string DeadLetter::*> kTexts[] = {
    {"ce_reason", &DeadLetter::reason}, {"ce_node", &DeadLetter::node}, {"ce_redrivenas", &DeadLetter::redriven_as}};
constexpr std::pair<std::string_view, std::string Input::*> kInputTexts[] = {
    {"ce_subject", &Input::entity},
    {"ce_command", &Input::type},
    {"ce_commandid", &Input::command_id},
    {"ce_actor", &Input::actor},
    {"ce_org", &Input::organisation},
    {"ce_project", &Input::project},
    {"ce_correlationid", &Input::correlation_id}};
constexpr std::string_view kForeignHeader = "ce_foreignheader";

template <class Number>
void read_number(std::string_view text, Number& number) {
  std::from_chars(text.data(), text.data() + text.size(), number);
}

std::string packed(std::string_view name, std::string_view value) {
  std::string bytes;
  append_sized(bytes, name);
  append_sized(bytes, value);
  return to_base64(bytes);
}

void add_foreign(LetterMessage& message, const engine::Foreign& foreign) {
  message.headers.emplace_back("ce_topic", foreign.topic);
  message.headers.emplace_back("ce_partition", std::to_string(foreign.partition));
  message.headers.emplace_back("ce_offset", std::to_string(foreign.offset));
  message.headers.emplace_back("ce_foreignkey", to_base64(foreign.key));
  for (const auto& [name, value] : foreign.headers) message.headers.emplace_back(kForeignHeader, packed(name, value));
}

void take_foreign(engine::Foreign& foreign, std::string_view name, std::string_view value) {
  if (name == "ce_topic") foreign.topic = value;
  if (name == "ce_partition") read_number(value, foreign.partition);
  if (name == "ce_offset") read_number(value, foreign.offset);
  if (name == "ce_foreignkey") {
    if (auto key = from_base64(value)) foreign.key = std::move(key).value();
  }
  if (name != kForeignHeader) return;
  const auto bytes = from_base64(value);
  if (!bytes) return;
  std::string_view rest = bytes.value(), header, text;
  if (take_sized(rest, header) && take_sized(rest, text)) foreign.headers.emplace_back(header, text);
}

void take_time(std::string_view text, Instant& at) {
  if (const auto parsed = parse_rfc3339(text)) at = parsed.value();
}

void take_header(DeadLetter& letter, std::string_view name, std::string_view value) {
  for (const auto& [attribute, text] : kTexts)
    if (name == attribute) letter.*text = value;
  auto& input = letter.input;
  for (const auto& [attribute, text] : kInputTexts)
    if (name == attribute) input.*text = value;
  for (std::size_t i = 0; i < std::size(kSources); ++i)
    if (name == "ce_input" && value == kSources[i]) input.source = static_cast<Input::Source>(i);
  if (name == "ce_buriedat") take_time(value, letter.at);
  if (name == "ce_redrivenat") take_time(value, letter.redriven_at);
  if (name == "ce_redrivenwell") letter.redriven_well = value == "true";
  if (name == "ce_deadline") take_time(value, input.deadline);
  if (name == "ce_hops") read_number(value, input.hops);
  if (name == "ce_bodyhash") {
    if (auto hash = from_hex(value)) input.body_hash = std::move(hash).value();
  }
  if (name == "ce_topic") letter.foreign.emplace();
  if (letter.foreign) take_foreign(*letter.foreign, name, value);
}

}  // namespace

LetterMessage to_message(const DeadLetter& letter, LetterChange change, Instant now) {
  LetterMessage message{letter.id, {}, {}};
  auto& headers = message.headers;
  headers.emplace_back("ce_specversion", "1.0");
  headers.emplace_back("ce_id", letter.id + ":" + to_rfc3339(now));
  headers.emplace_back("ce_source", "/computehub");
  headers.emplace_back("ce_type", kTypes[static_cast<std::size_t>(change)]);
  headers.emplace_back("ce_time", to_rfc3339(now));
  if (letter.redriven_at.is_set()) {
    headers.emplace_back("ce_redrivenat", to_rfc3339(letter.redriven_at));
    headers.emplace_back("ce_redrivenas", letter.redriven_as);
    headers.emplace_back("ce_redrivenwell", letter.redriven_well ? "true" : "false");
  }
  if (change != LetterChange::kept) return message;
  const auto& input = letter.input;
  message.value = input.data;
  headers.emplace_back("ce_buriedat", to_rfc3339(letter.at));
  headers.emplace_back("ce_reason", letter.reason);
  headers.emplace_back("ce_node", letter.node);
  headers.emplace_back("ce_input", kSources[static_cast<std::size_t>(input.source)]);
  for (const auto& [attribute, text] : kInputTexts)
    if (const auto& value = input.*text; !value.empty()) headers.emplace_back(attribute, value);
  if (input.deadline.is_set()) headers.emplace_back("ce_deadline", to_rfc3339(input.deadline));
  if (input.hops > 0) headers.emplace_back("ce_hops", std::to_string(input.hops));
  if (!input.body_hash.empty()) headers.emplace_back("ce_bodyhash", to_hex(input.body_hash));
  if (letter.foreign) add_foreign(message, *letter.foreign);
  return message;
}

std::optional<ReadLetter> read_letter(std::string_view key, std::string_view value,
                                      const std::vector<std::pair<std::string, std::string>>& headers) {
  if (!engine::is_letter_id(key)) return std::nullopt;
  ReadLetter read;
  bool known = false;
  for (const auto& [name, text] : headers) {
    for (std::size_t i = 0; i < std::size(kTypes); ++i)
      if (name == "ce_type" && text == kTypes[i]) {
        read.change = static_cast<LetterChange>(i);
        known = true;
      }
    take_header(read.letter, name, text);
  }
  if (!known) return std::nullopt;
  read.letter.id = key;
  read.letter.input.data = value;
  return read;
}

}  // namespace hub::server
