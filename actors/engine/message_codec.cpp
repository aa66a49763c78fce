#include "actors/engine/message_codec.hpp"

#include "events/core/json_codec.hpp"

namespace hub::engine {
namespace {

struct MessageData {
  std::string command;
  std::uint32_t hops = 0;
  RawJson data;
};
BOOST_DESCRIBE_STRUCT(MessageData, (), (command, hops, data))

}  // namespace

log::Record message_record(const Message& message, const Input& cause, Instant now) {
  log::Record record;
  record.kind = log::RecordKind::message;
  record.type = kMessageType;
  record.entity = message.to;
  record.time = now;
  record.command_id = cause.command_id;
  record.actor = cause.actor;
  record.organisation = cause.organisation;
  record.project = cause.project;
  record.correlation_id = cause.correlation_id;
  record.data = to_json(MessageData{message.type, cause.hops + 1, {message.data}});
  return record;
}

Result<Submission> message_input(const log::Record& record, PartitionId source) {
  HUB_TRY(auto message, from_json<MessageData>(record.data, ReadMode::lenient));
  Submission submission;
  auto& input = submission.input;
  input.source = Input::Source::message;
  input.entity = record.entity;
  input.type = std::move(message.command);
  input.data = std::move(message.data.text);
  input.command_id = record.command_id;
  input.actor = record.actor;
  input.organisation = record.organisation;
  input.project = record.project;
  input.correlation_id = record.correlation_id;
  input.hops = message.hops;
  submission.from = Position{source, record.seq};
  return submission;
}

Input local_message_input(const Message& message, const Input& cause) {
  Input input = cause;
  input.source = Input::Source::message;
  input.entity = message.to;
  input.type = message.type;
  input.data = message.data;
  input.body_hash.clear();
  input.deadline = {};
  input.hops = cause.hops + 1;
  return input;
}

}  // namespace hub::engine
