#pragma once
#include <optional>
#include <string>
#include <variant>

#include "events/kafka/handles.hpp"
#include "events/log/record.hpp"

namespace hub::kafka {

/// Who wrote a record: an epoch has one owner, and what others write under it is void.
struct Author {
  Epoch epoch = 0;
  std::string owner;  ///< drawn by each process; not the node's name
  bool operator==(const Author&) const = default;
};

/// A record as it lies on a topic: the key, the value, and a CloudEvent's attributes in Kafka's binary mode (`ce_id`,
/// `ce_type` and so on), with the extensions epoch, owner and chain.
struct Outgoing {
  std::string key;  ///< the entity; empty: no key
  std::string value;
  Headers headers;
  bool deletes = false;  ///< there is no value: what was said under the key before is deleted
};
Outgoing to_message(const log::Record& record, PartitionId partition, const Author& author);
Outgoing to_message(const log::BatchEnd& end, PartitionId partition, const Author& author);

struct Incoming {
  Author author;
  std::variant<log::Record, log::BatchEnd> content;
};
/// Nothing when it is not one of ours: a foreign record, or one that a newer release writes otherwise.
std::optional<Incoming> from_message(const rd_kafka_message_t& message);

}  // namespace hub::kafka
