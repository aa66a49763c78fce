#include "events/log/chain.hpp"

#include <algorithm>

#include "events/log/encoding.hpp"

namespace hub::log {
namespace {

/// Walks the chain over the records of a batch; keeps its buffer from one batch to the next.
class Links {
 public:
  explicit Links(const Digest& start) : hash_(start) {}

  const Digest& add(const Record& record) {
    begin();
    append_record_header(buffer(), record);
    buffer() += as_bytes(sha256(record.data));
    return hash_ = sha256(buffer());
  }
  Digest close(PartitionId partition, const BatchEnd& end) {
    begin();
    append_end_fields(buffer(), partition, end);
    return sha256(buffer());
  }

 private:
  static std::string& buffer() {
    thread_local std::string bytes;
    return bytes;
  }
  void begin() { buffer().assign(as_bytes(hash_)); }

  Digest hash_;
};

std::array<std::uint8_t, 8> short_hash(const Digest& hash) {
  std::array<std::uint8_t, 8> bytes{};
  std::copy_n(hash.begin(), bytes.size(), bytes.begin());
  return bytes;
}

std::optional<ChainFault> fault_of_end(const Batch& batch, const Head& head) {
  const auto& end = batch.end;
  const auto at = [&](Seq seq, std::string reason) { return ChainFault{{batch.partition, seq}, std::move(reason)}; };
  if (end.first != head.seq + 1)
    return at(head.seq + 1,
              "a batch from seq " + std::to_string(end.first) + " follows seq " + std::to_string(head.seq));
  if (end.count != batch.records.size() || end.last != head.seq + end.count)
    return at(end.first, "the batch says " + std::to_string(end.count) + " records up to seq " +
                             std::to_string(end.last) + " and holds " + std::to_string(batch.records.size()));
  if (end.epoch < head.epoch)
    return at(end.first, "epoch " + std::to_string(end.epoch) + " follows epoch " + std::to_string(head.epoch));
  if (end.index_time < head.index_time) return at(end.first, "the index time goes back");
  return std::nullopt;
}

Head head_behind(const BatchEnd& end) {
  return {end.last, end.epoch, end.hash, end.index_time};
}

bool is_linked(const Batch& batch, const Head& head) {
  Links links(head.hash);
  if (batch.records.empty()) return batch.end.hash == links.close(batch.partition, batch.end);
  return batch.records.front().chain == short_hash(links.add(batch.records.front()));
}

}  // namespace

void seal(Batch& batch, Head& head) {
  auto& end = batch.end;
  end.first = head.seq + 1;
  end.count = static_cast<std::uint32_t>(batch.records.size());
  end.last = head.seq + end.count;
  end.index_time = std::max(end.index_time, head.index_time);
  Links links(head.hash);
  for (Seq seq = end.first; auto& record : batch.records) {
    record.seq = seq++;
    record.chain = short_hash(links.add(record));
  }
  end.hash = links.close(batch.partition, end);
  head = head_behind(end);
}

std::optional<ChainFault> follow(const Batch& batch, Head& head) {
  if (auto fault = fault_of_end(batch, head)) return fault;
  Links links(head.hash);
  for (Seq seq = batch.end.first; const auto& record : batch.records) {
    const Position position{batch.partition, seq};
    if (record.seq != seq)
      return ChainFault{position, "seq " + std::to_string(record.seq) + " follows " + std::to_string(seq - 1)};
    if (record.chain != short_hash(links.add(record)))
      return ChainFault{position, "the hash of the record does not fit"};
    ++seq;
  }
  if (batch.end.hash != links.close(batch.partition, batch.end))
    return ChainFault{{batch.partition, std::max(batch.end.first, batch.end.last)},
                      "the hash of the batch's end does not fit"};
  head = head_behind(batch.end);
  return std::nullopt;
}

std::optional<ChainFault> attach(const Batch& batch, Head& head) {
  if (auto fault = fault_of_end(batch, head)) return fault;
  if (!is_linked(batch, head)) return ChainFault{{batch.partition, batch.end.first}, "the first hash does not fit"};
  head = head_behind(batch.end);
  return std::nullopt;
}

bool continues(const Batch& batch, const Head& head) {
  // Epoch 0 is before the first claim: nobody owns the partition yet.
  return head.epoch != 0 && batch.end.epoch == head.epoch && !fault_of_end(batch, head) && is_linked(batch, head);
}

}  // namespace hub::log
