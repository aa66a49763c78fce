#include "events/log/claim.hpp"

#include "events/core/json_codec.hpp"
#include "events/log/chain.hpp"

namespace hub::log {
namespace {

struct FromText {
  Seq seq = 0;
  std::string hash;
};
BOOST_DESCRIBE_STRUCT(FromText, (), (seq, hash))
struct ClaimText {
  Epoch epoch = 0;
  std::string node;
  FromText from;
  std::optional<std::vector<std::string>> transactional_ids;
};
BOOST_DESCRIBE_STRUCT(ClaimText, (), (epoch, node, from, transactional_ids))

}  // namespace

Batch claim_batch(PartitionId partition, Head& head, const Claimant& claimant, Instant now,
                  std::optional<Epoch> epoch) {
  Batch batch;
  batch.partition = partition;
  batch.end.epoch = epoch.value_or(head.epoch + 1);
  batch.end.index_time = now;
  auto& record = batch.records.emplace_back();
  record.kind = RecordKind::claimed;
  record.type = kClaimedType;
  record.time = now;
  record.actor = "system";
  ClaimText text{batch.end.epoch, to_valid_utf8(claimant.node), {head.seq, to_hex(head.hash)}, std::nullopt};
  if (!claimant.transactional_ids.empty()) text.transactional_ids = claimant.transactional_ids;
  record.data = to_json(text);
  seal(batch, head);
  return batch;
}

std::optional<Claim> parse_claim(std::string_view data) {
  const auto text = from_json<ClaimText>(data);
  if (!text) return std::nullopt;
  const auto& said = text.value();
  const auto hash = from_hex(said.from.hash);
  if (!hash || hash.value().size() != Digest{}.size()) return std::nullopt;
  Claim claim{said.epoch, said.node, said.from.seq, {}, said.transactional_ids.value_or(std::vector<std::string>{})};
  std::copy_n(hash.value().begin(), claim.from_hash.size(), claim.from_hash.begin());
  return claim;
}

}  // namespace hub::log
