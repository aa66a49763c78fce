#include "events/kafka/record_codec.hpp"

#include <string_view>

#include "events/core/digest.hpp"
#include "events/kafka/headers.hpp"
#include "events/log/cloud_event.hpp"
#include "events/log/encoding.hpp"

namespace hub::kafka {
namespace {

constexpr std::string_view kEndContent = "application/vnd.computehub.batch-end";
constexpr std::size_t kHeadersOfARecord = 18;

/// Texts of a record that are attributes of the CloudEvent.
constexpr TextAttribute<log::Record> kTexts[] = {
    {"ce_type", &log::Record::type},       {"ce_subject", &log::Record::entity},
    {"ce_parent", &log::Record::parent},   {"ce_commandid", &log::Record::command_id},
    {"ce_actor", &log::Record::actor},     {"ce_org", &log::Record::organisation},
    {"ce_project", &log::Record::project}, {"ce_correlationid", &log::Record::correlation_id}};

Headers begin(PartitionId partition, Seq seq, const Author& author) {
  Headers headers(rd_kafka_headers_new(kHeadersOfARecord));
  add_header(headers, "ce_specversion", "1.0");
  add_header(headers, "ce_id", to_text(Position{partition, seq}));
  add_header(headers, "ce_source", kSource);
  add_number_header(headers, "ce_epoch", author.epoch);
  add_header(headers, "ce_owner", author.owner);
  return headers;
}

/// What the headers of a message say, still to be checked.
struct Said {
  log::Record record;
  Author author;
  std::optional<Position> id;
  std::string_view content;
  bool good = true;

  void take(std::string_view name, std::string_view value) {
    for (const auto& [attribute, text] : kTexts)
      if (name == attribute) {
        record.*text = value;
        return;
      }
    if (name == "ce_id") {
      const auto parsed = parse_position(value);
      if (parsed) id = parsed.value();
    } else if (name == "ce_time") {
      const auto parsed = parse_rfc3339(value);
      good = good && parsed;
      if (parsed) record.time = parsed.value();
    } else if (name == "ce_version") {
      good = good && parse_number(value, record.version);
    } else if (name == "ce_parentversion") {
      good = good && parse_number(value, record.parent_version);
    } else if (name == "ce_epoch") {
      good = good && parse_number(value, author.epoch);
    } else if (name == "ce_owner") {
      author.owner = value;
    } else if (name == "ce_chain") {
      const auto bytes = from_hex(value);
      good = good && bytes && bytes.value().size() == record.chain.size();
      if (good) std::copy(bytes.value().begin(), bytes.value().end(), record.chain.begin());
    } else if (name == "content-type") {
      content = value;
    }
  }
};

Said said_by(const rd_kafka_message_t& message) {
  Said said;
  const bool any = each_header(message, [&](std::string_view name, std::string_view value) { said.take(name, value); });
  said.good = said.good && any;
  return said;
}

}  // namespace

Outgoing to_message(const log::Record& record, PartitionId partition, const Author& author) {
  Outgoing out{record.entity, record.data, begin(partition, record.seq, author)};
  for (const auto& [attribute, text] : kTexts)
    if (const auto& value = record.*text; !value.empty()) add_header(out.headers, attribute, value);
  if (record.time.is_set()) add_header(out.headers, "ce_time", to_rfc3339(record.time));
  if (record.version != 0) add_number_header(out.headers, "ce_version", record.version);
  if (record.parent_version != 0) add_number_header(out.headers, "ce_parentversion", record.parent_version);
  add_header(out.headers, "ce_chain",
             to_hex({reinterpret_cast<const char*>(record.chain.data()), record.chain.size()}));
  add_header(out.headers, "content-type", kJsonContent);
  return out;
}

Outgoing to_message(const log::BatchEnd& end, PartitionId partition, const Author& author) {
  Outgoing out{{}, log::encode_end(partition, end), begin(partition, end.last, author)};
  add_header(out.headers, "ce_type", log::kBatchEndType);
  add_header(out.headers, "ce_time", to_rfc3339(end.index_time));
  add_header(out.headers, "content-type", kEndContent);
  return out;
}

std::optional<Incoming> from_message(const rd_kafka_message_t& message) {
  auto said = said_by(message);
  const auto partition = static_cast<PartitionId>(message.partition);
  if (!said.good || !said.id || said.id->partition != partition || said.author.epoch == 0 || said.author.owner.empty())
    return std::nullopt;
  const std::string_view value(static_cast<const char*>(message.payload), message.len);
  if (said.record.type == log::kBatchEndType) {
    auto view = log::decode_end(value);
    if (!view || view->partition != partition || view->end.epoch != said.author.epoch) return std::nullopt;
    return Incoming{std::move(said.author), std::move(view->end)};
  }
  said.record.kind = log::kind_of(said.record.type);
  said.record.seq = said.id->seq;
  said.record.data = value;
  return Incoming{std::move(said.author), std::move(said.record)};
}

}  // namespace hub::kafka
