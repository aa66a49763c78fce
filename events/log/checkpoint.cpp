#include "events/log/checkpoint.hpp"

#include <algorithm>

#include "events/core/json_codec.hpp"
#include "events/core/varint.hpp"
#include "events/log/chain.hpp"
#include "events/log/cloud_event.hpp"
#include "events/log/encoding.hpp"

namespace hub::log {
namespace {

struct HeadText {
  static constexpr std::string_view required[] = {"partition", "seq", "hash"};
  PartitionId partition = 0;
  Seq seq = 0;
  std::string hash;
};
BOOST_DESCRIBE_STRUCT(HeadText, (), (partition, seq, hash))

struct CheckpointText {
  static constexpr std::string_view required[] = {"partition", "seq", "hash", "heads", "time", "key_id", "signature"};
  PartitionId partition = 0;
  Seq seq = 0;
  std::string hash;
  std::vector<HeadText> heads;
  Instant time;
  std::string key_id;
  std::string signature;
};
BOOST_DESCRIBE_STRUCT(CheckpointText, (), (partition, seq, hash, heads, time, key_id, signature))

Failure bad(std::string_view what) {
  return malformed("checkpoint.invalid", what);
}

void append_head(std::string& out, const SignedHead& head) {
  append_varint(out, head.partition);
  append_varint(out, head.seq);
  out += as_bytes(head.hash);
}

/// What is signed: fixed in its own words, so that the same bytes mean nothing anywhere else.
std::string statement(const Checkpoint& checkpoint) {
  std::string out("computehub.checkpoint.v1\n");
  append_head(out, checkpoint.own);
  append_varint(out, checkpoint.heads.size());
  for (const auto& head : checkpoint.heads) append_head(out, head);
  append_varint(out, zigzag(checkpoint.time.micros));
  append_sized(out, checkpoint.key_id);
  return out;
}

Result<SignedHead> read_head(PartitionId partition, Seq seq, std::string_view hex) {
  SignedHead head{partition, seq, {}};
  const auto hash = from_hex(hex);
  if (!hash || hash.value().size() != head.hash.size() || partition >= kShards) return bad("a head is malformed");
  std::copy(hash.value().begin(), hash.value().end(), head.hash.begin());
  return head;
}

/// Those that would have counted: all when they are few enough to compare by eye.
std::string named(const PublicKeys& trusted) {
  constexpr std::size_t kNamedMax = 4;
  if (trusted.size() == 1) return trusted.ids();
  if (trusted.size() <= kNamedMax) return "one of " + trusted.ids();
  return "one of the " + std::to_string(trusted.size()) + " that are trusted";
}

Record record_of(const Checkpoint& checkpoint) {
  Record record;
  record.kind = RecordKind::checkpoint;
  record.type = kCheckpointType;
  record.time = checkpoint.time;
  record.actor = "system";
  record.data = to_text(checkpoint);
  return record;
}

}  // namespace

Record make_checkpoint(const Signer& signer, PartitionId partition, const Head& own, const std::vector<Head>& all,
                       Instant now) {
  Checkpoint checkpoint;
  checkpoint.own = {partition, own.seq, own.hash};
  for (PartitionId id = 0; id < all.size(); ++id)
    if (id != partition && all[id].seq > 0) checkpoint.heads.push_back({id, all[id].seq, all[id].hash});
  checkpoint.time = now;
  checkpoint.key_id = signer.public_key().id();
  checkpoint.signature = signer.sign(statement(checkpoint));
  return record_of(checkpoint);
}

bool signs_itself(const Batch& batch, const Checkpoint& checkpoint, const Head& before,
                  const std::map<std::string, std::uint64_t>& consumed) {
  for (const auto& [source, position] : batch.end.consumed) {
    const auto found = consumed.find(source);
    if (found == consumed.end() || found->second != position) return false;
  }
  Batch made;
  made.partition = checkpoint.own.partition;
  made.records = {record_of(checkpoint)};
  made.end.epoch = before.epoch;
  made.end.index_time = checkpoint.time;
  made.end.consumed = batch.end.consumed;
  auto head = before;
  seal(made, head);
  return batch == made;
}

std::string to_text(const Checkpoint& checkpoint) {
  CheckpointText text{checkpoint.own.partition, checkpoint.own.seq, to_hex(checkpoint.own.hash),    {},
                      checkpoint.time,          checkpoint.key_id,  to_base64(checkpoint.signature)};
  for (const auto& head : checkpoint.heads) text.heads.push_back({head.partition, head.seq, to_hex(head.hash)});
  return to_json(text);
}

Result<Checkpoint> parse_checkpoint(std::string_view bytes) {
  auto text = from_json<CheckpointText>(bytes);
  if (!text) return bad("not the JSON of a checkpoint: " + text.error().field + " " + text.error().detail);
  auto& read = text.value();
  Checkpoint checkpoint;
  HUB_TRY(checkpoint.own, read_head(read.partition, read.seq, read.hash));
  for (const auto& head : read.heads) {
    HUB_TRY(const auto parsed, read_head(head.partition, head.seq, head.hash));
    checkpoint.heads.push_back(parsed);
  }
  checkpoint.time = read.time;
  checkpoint.key_id = std::move(read.key_id);
  auto signature = from_base64(read.signature);
  if (!signature) return bad("the signature is not base64");
  checkpoint.signature = std::move(signature).value();
  return checkpoint;
}

Result<void> verify_checkpoint(const Checkpoint& checkpoint, const PublicKeys& trusted) {
  const auto* key = trusted.find(checkpoint.key_id);
  if (key == nullptr)
    return invalid("checkpoint.other_key",
                   "signed by the key " + to_valid_utf8(checkpoint.key_id) + ", not " + named(trusted));
  if (!key->verify(statement(checkpoint), checkpoint.signature))
    return invalid("checkpoint.forged", "the signature of the checkpoint does not fit");
  return success();
}

Result<Checkpoint> verify_checkpoint(const Record& record, PartitionId partition, const PublicKeys& trusted) {
  HUB_TRY(auto checkpoint, parse_checkpoint(record.data));
  if (checkpoint.own.partition != partition)
    return invalid("checkpoint.misplaced", "the checkpoint speaks for another partition");
  HUB_TRY(verify_checkpoint(checkpoint, trusted));
  return checkpoint;
}

}  // namespace hub::log
