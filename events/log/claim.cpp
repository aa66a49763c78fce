#include "events/log/claim.hpp"

#include "events/core/json.hpp"
#include "events/log/chain.hpp"

namespace hub::log {

Batch claim_batch(PartitionId partition, Head& head, std::string_view node, Instant now) {
  Batch batch;
  batch.partition = partition;
  batch.end.epoch = head.epoch + 1;
  batch.end.index_time = now;
  auto& record = batch.records.emplace_back();
  record.kind = RecordKind::claimed;
  record.type = kClaimedType;
  record.time = now;
  record.actor = "system";
  record.data = "{\"epoch\":";
  append_json_number(record.data, batch.end.epoch);
  record.data += ",\"node\":";
  append_json_string(record.data, to_valid_utf8(node));
  record.data += ",\"from\":{\"seq\":";
  append_json_number(record.data, head.seq);
  record.data += ",\"hash\":\"" + to_hex(head.hash) + "\"}}";
  seal(batch, head);
  return batch;
}

}  // namespace hub::log
