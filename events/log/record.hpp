#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/digest.hpp"
#include "events/core/ids.hpp"
#include "events/core/instant.hpp"

namespace hub::log {

enum class RecordKind : std::uint8_t {
  event = 1,       ///< a fact about an entity; what /api/v1/events shows
  message = 2,     ///< from one entity to one of another shard; type "computehub.internal.message.v1"
  claimed = 3,     ///< a new owner of the partition; type "computehub.internal.claimed.v1"
  checkpoint = 4,  ///< a signed head of the chain; type "computehub.internal.checkpoint.v1"
};

/// One record of a partition. At the borders it is a CloudEvent 1.0: id = "partition:seq", subject = entity.
struct Record {
  RecordKind kind = RecordKind::event;
  Seq seq = 0;                 ///< contiguous in the partition, from 1; set by seal()
  std::string type;            ///< "computehub.deployment.requested.v1"
  std::string entity;          ///< who it is about; for a message: who it goes to
  Version version = 0;         ///< contiguous in the entity, from 1; 0 where `kind` is not event
  std::string parent;          ///< a second entity of the same shard that evolves by it, or empty
  Version parent_version = 0;  ///< 0 when there is no parent
  Instant time;                ///< a label: when it was decided
  std::string command_id;      ///< the command that caused it, or empty
  std::string actor;           ///< principal ("user:…", "key:…", "system")
  std::string organisation;
  std::string project;
  std::string correlation_id;           ///< request id of the HTTP request, or empty
  std::string data;                     ///< JSON, exactly the bytes that are hashed
  std::array<std::uint8_t, 8> chain{};  ///< first 8 bytes of the chain behind this record; set by seal()

  bool operator==(const Record&) const = default;
};

/// The version of `entity`, its entity or its parent, behind the record.
inline Version version_of(const Record& record, std::string_view entity) {
  return record.entity == entity ? record.version : record.parent_version;
}

/// Outcome::status of a command that came a second time: what became of it stands in an earlier batch.
inline constexpr std::int32_t kDecidedEarlier = 208;

/// What became of one command; how gateways and later owners learn of it.
struct Outcome {
  std::string command_id;
  std::string body_hash;    ///< 32 bytes; the same command_id with another one is 409 idempotency.other_body
  std::int32_t status = 0;  ///< 0: accepted; kDecidedEarlier; else the FailureKind
  std::string code;         ///< of a refusal, else empty
  std::string detail;
  std::string field;
  std::string entity;
  Version version = 0;  ///< the entity's version behind the command

  bool accepted() const { return status == 0; }
  bool operator==(const Outcome&) const = default;
};

/// The source of commands that came by a log's inputs.
inline constexpr std::string_view kCommandsSource = "commands";

/// How far a source of inputs is consumed: of kCommandsSource the offset behind the last one; else the number of a
/// partition, and the seq of the last message of it.
struct Consumed {
  std::string source;
  std::uint64_t position = 0;
  bool operator==(const Consumed&) const = default;
};

/// Closes a batch; a batch without one never happened.
struct BatchEnd {
  Epoch epoch = 0;
  Seq first = 0;            ///< seq of the first record; with no records, the head's seq + 1
  Seq last = 0;             ///< seq of the last record; with no records, first - 1
  std::uint32_t count = 0;  ///< number of records
  Digest hash{};            ///< the chain over all before, the records and every field of this struct but `hash`
  std::vector<Consumed> consumed;
  std::vector<Outcome> outcomes;
  Instant index_time;  ///< never goes back within a partition
  bool operator==(const BatchEnd&) const = default;
};

/// All that one append writes to one partition, with its place in the chain.
struct Batch {
  PartitionId partition = 0;
  std::vector<Record> records;
  BatchEnd end;
  bool operator==(const Batch&) const = default;
};
using BatchPtr = std::shared_ptr<const Batch>;

/// The end of a partition: what the next batch links to.
struct Head {
  Seq seq = 0;  ///< 0: nothing yet
  Epoch epoch = 0;
  Digest hash{};  ///< BatchEnd::hash of the last complete batch; zeros before the first
  Instant index_time;
  bool operator==(const Head&) const = default;
};

}  // namespace hub::log
