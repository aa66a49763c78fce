#include "adapters/agents/protocol.hpp"

#include "events/core/ids.hpp"
#include "events/core/overloaded.hpp"
#include "events/core/variant_codec.hpp"
#include "events/deployments/events.hpp"

namespace hub::agents {
namespace {

struct Envelope {
  static constexpr std::string_view required[] = {"type", "data"};
  std::string type;
  RawJson data;
};
BOOST_DESCRIBE_STRUCT(Envelope, (), (type, data))

Failure bad(std::string_view detail, std::string_view field) {
  return invalid("agent.message", detail, field);
}

Result<void> check_id(std::string_view id, std::string_view field) {
  if (!is_id(id) || prefix_of(id) != deployments::kDeploymentPrefix) return bad("is no deployment's id", field);
  return success();
}

Result<void> check(const Hello& hello) {
  if (hello.agent.empty() || hello.agent.size() > kAgentIdSizeMax) return bad("must have 1 to 64 characters", "agent");
  if (hello.generation == 0) return bad("begins with 1", "generation");
  if (hello.cpus < 1) return bad("must be at least 1", "cpus");
  if (hello.memory_bytes < 0) return bad("must not be negative", "memory_bytes");
  if (hello.gpus.size() > kGpusMax) return bad("too many", "gpus");
  for (const auto& gpu : hello.gpus)
    if (gpu.count < 1) return bad("must be at least 1", "gpus.count");
  return success();
}
Result<void> check(const Alive& alive) {
  if (alive.running < 0) return bad("must not be negative", "running");
  return success();
}
Result<void> check(const Report& report) {
  return check_id(report.entity, "entity");
}
Result<void> check(const Lines& lines) {
  HUB_TRY(check_id(lines.deployment, "deployment"));
  if (lines.lines.size() > telemetry::kLinesPerMessage) return bad("too many", "lines");
  std::uint64_t before = 0;
  for (const auto& line : lines.lines) {
    if (line.seq <= before) return bad("must ascend", "lines.seq");
    before = line.seq;
  }
  return success();
}
Result<void> check(const Sample& sample) {
  return check_id(sample.deployment, "deployment");
}
Result<void> check(const Removed& removed) {
  return check_id(removed.deployment, "deployment");
}
Result<void> check(const Welcome& welcome) {
  if (welcome.heartbeat_ms < 1 || welcome.silence_ms < welcome.heartbeat_ms)
    return bad("must be at least 1, and a silence longer than a heartbeat", "heartbeat_ms");
  return success();
}
Result<void> check(const Work& work) {
  return check_id(work.entity, "entity");
}
Result<void> check(const Kept& kept) {
  return check_id(kept.deployment, "deployment");
}
Result<void> check(const Watch& watch) {
  return check_id(watch.deployment, "deployment");
}
Result<void> check(const Refused&) {
  return success();
}
Result<void> check(const Beat&) {
  return success();
}

template <class Message>
std::string encode_any(const Message& message) {
  return to_json(Envelope{std::string(type_of(message)), {encode_variant(message)}});
}

template <class Message>
Result<Message> decode_any(std::string_view text) {
  const auto as_ours = [](Failure failure) {
    failure.code = "agent.message";
    return failure;
  };
  const auto envelope = from_json<Envelope>(text, ReadMode::lenient);
  if (!envelope) return as_ours(envelope.error());
  auto message = decode_variant<Message>(envelope.value().type, envelope.value().data.text);
  if (!message) return as_ours(message.error());
  HUB_TRY(std::visit([](const auto& one) { return check(one); }, message.value()));
  return message;
}

}  // namespace

std::string encode(const FromAgent& message) {
  return encode_any(message);
}
std::string encode(const FromGateway& message) {
  return encode_any(message);
}
Result<FromAgent> decode_from_agent(std::string_view text) {
  return decode_any<FromAgent>(text);
}
Result<FromGateway> decode_from_gateway(std::string_view text) {
  return decode_any<FromGateway>(text);
}

}  // namespace hub::agents
