#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "events/kafka/record_codec.hpp"
#include "events/log/log.hpp"

namespace hub::kafka {

/// Puts the records of one partition together into batches, in the order in which the brokers hold them, and leaves out
/// what is void. It never guesses: what does not fit stops the partition.
///
/// A Claimed record counts when its epoch is above the last one's and it continues the last complete batch; from then
/// on only records of its author do. A claimant that had not read everything, be it a batch without records, made a
/// claim that counts for nobody, and claims again. Records are held back until the end of their batch.
class Assembler {
 public:
  /// `resume` as resume() gave it at that head; empty at the beginning.
  Assembler(PartitionId partition, const log::Head& head, std::string_view resume);

  /// The batch that `incoming` completes, or null. Fails: internal `log.corrupt` naming the position.
  Result<log::BatchPtr> take(Incoming incoming, std::int64_t offset);
  /// The owner knows of its own batch before it is read here: records of it that come are left out.
  void skip_to(const log::Batch& batch, std::int64_t next_offset);
  /// A foreign record at this offset, which may lie in front of an own batch that is known already.
  void pass(std::int64_t offset) { next_offset_ = std::max(next_offset_, offset + 1); }

  /// What a later Assembler needs to go on behind the last complete batch.
  std::string resume() const;
  PartitionId partition() const { return partition_; }
  /// What is at a lower offset is known already.
  std::int64_t next_offset() const { return next_offset_; }
  const log::Head& head() const { return head_; }
  /// The highest epoch that anybody claimed, with or without success.
  Epoch highest_claim() const { return highest_claim_; }
  const Author& author() const { return author_; }
  /// Of the last claim that counted; with these its transactions can be ended.
  const std::vector<std::string>& transactional_ids() const { return transactional_ids_; }
  std::uint64_t void_records() const { return void_records_; }

 private:
  Result<log::BatchPtr> take_record(Author author, log::Record record);
  Result<log::BatchPtr> take_end(const Author& author, log::BatchEnd end);
  Result<log::BatchPtr> take_claim(Author author, log::Record record);
  log::BatchPtr leave_out() {
    ++void_records_;
    return nullptr;
  }
  /// Every move of the head goes through here.
  void move_to(const log::Head& head);
  bool was_head(const Digest& hash) const;
  Failure fault(Seq seq, std::string_view reason) const;

  const PartitionId partition_;
  log::Head head_;
  /// How the hashes began that the head had at this seq before: batches without records move it on without a seq.
  std::deque<std::uint64_t> earlier_;
  Author author_;
  Epoch highest_claim_ = 0;
  std::vector<std::string> transactional_ids_;
  std::vector<log::Record> held_;
  std::int64_t next_offset_ = 0;
  std::uint64_t void_records_ = 0;
};

}  // namespace hub::kafka
