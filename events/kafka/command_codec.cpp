#include "events/kafka/command_codec.hpp"

#include "events/core/digest.hpp"
#include "events/kafka/headers.hpp"

namespace hub::kafka {
namespace {

constexpr std::size_t kHeadersOfACommand = 14;

constexpr TextAttribute<log::Command> kTexts[] = {{"ce_id", &log::Command::command_id},
                                                  {"ce_subject", &log::Command::entity},
                                                  {"ce_command", &log::Command::type},
                                                  {"ce_actor", &log::Command::actor},
                                                  {"ce_org", &log::Command::organisation},
                                                  {"ce_project", &log::Command::project},
                                                  {"ce_correlationid", &log::Command::correlation_id}};

/// What the headers of a message say, still to be checked.
struct Said {
  log::Command command;
  bool is_ours = false;
  bool good = true;

  void take(std::string_view name, std::string_view value) {
    for (const auto& [attribute, text] : kTexts)
      if (name == attribute) command.*text = value;
    if (name == "ce_type") {
      is_ours = value == kCommandType || value == kEffectType;
      if (value == kEffectType) command.source = log::Command::Source::effect;
    } else if (name == "ce_deadline") {
      const auto parsed = parse_rfc3339(value);
      good = good && parsed;
      if (parsed) command.deadline = parsed.value();
    } else if (name == "ce_bodyhash") {
      const auto bytes = from_hex(value);
      good = good && bytes;
      if (bytes) command.body_hash = bytes.value();
    }
  }
};

}  // namespace

Outgoing to_message(const log::Command& command) {
  Outgoing out{command.entity, command.data, Headers(rd_kafka_headers_new(kHeadersOfACommand))};
  add_header(out.headers, "ce_specversion", "1.0");
  add_header(out.headers, "ce_source", kSource);
  add_header(out.headers, "ce_type", command.source == log::Command::Source::effect ? kEffectType : kCommandType);
  for (const auto& [attribute, text] : kTexts)
    if (const auto& value = command.*text; !value.empty()) add_header(out.headers, attribute, value);
  if (command.deadline.is_set()) add_header(out.headers, "ce_deadline", to_rfc3339(command.deadline));
  if (!command.body_hash.empty()) add_header(out.headers, "ce_bodyhash", to_hex(command.body_hash));
  add_header(out.headers, "content-type", kJsonContent);
  return out;
}

std::optional<log::Command> command_from(const rd_kafka_message_t& message) {
  Said said;
  const bool any = each_header(message, [&](std::string_view name, std::string_view value) { said.take(name, value); });
  if (!any || !said.good || !said.is_ours) return std::nullopt;
  auto& command = said.command;
  const bool is_effect = command.source == log::Command::Source::effect;
  if (!is_id(command.entity) || command.type.empty() || (command.command_id.empty() && !is_effect)) return std::nullopt;
  command.data.assign(static_cast<const char*>(message.payload), message.len);
  return std::move(command);
}

}  // namespace hub::kafka
