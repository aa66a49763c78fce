// Messages of live clients, and what is said back of them.
#include "events/core/json.hpp"
#include "gateway/live/messages.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using Kind = hub::live::ClientMessage::Kind;
  std::optional<std::int64_t> id;
  const auto message = hub::live::parse_message(hub::fuzz::text_of(bytes, size), id);
  if (!message) {
    const auto& failure = message.error();
    HUB_ASSERT(!failure.code.empty());
    HUB_ASSERT(hub::is_valid_utf8(hub::live::error_message(id, failure)));
    return 0;
  }
  const auto& asked = message.value();
  HUB_ASSERT(asked.kind != Kind::subscribe || (asked.id && !asked.stream.empty()));
  HUB_ASSERT(asked.kind != Kind::unsubscribe || asked.id || !asked.stream.empty());
  HUB_ASSERT(hub::is_valid_utf8(hub::live::closed_message(asked.stream, "live.slow", asked.after.value_or(""))));
  return 0;
}
