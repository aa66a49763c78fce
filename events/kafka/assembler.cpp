#include "events/kafka/assembler.hpp"

#include <algorithm>

#include "events/core/varint.hpp"
#include "events/log/chain.hpp"
#include "events/log/claim.hpp"

namespace hub::kafka {
namespace {

/// Above it the oldest is forgotten: a partition has a record once a second at least while anything is decided in it.
constexpr std::size_t kEarlierMax = 2'000;

std::uint64_t begin_of(const Digest& hash) {
  std::uint64_t begin = 0;
  std::copy_n(hash.begin(), sizeof begin, reinterpret_cast<unsigned char*>(&begin));
  return begin;
}

}  // namespace

Assembler::Assembler(PartitionId partition, const log::Head& head, std::string_view resume)
    : partition_(partition), head_(head) {
  if (resume.empty()) return;
  std::uint64_t offset = 0, ids = 0;
  std::string_view owner, id;
  HUB_ASSERT(take_varint(resume, offset) && take_varint(resume, highest_claim_) && take_sized(resume, owner) &&
             take_varint(resume, ids));
  next_offset_ = static_cast<std::int64_t>(offset);
  author_ = {head.epoch, std::string(owner)};
  for (; ids > 0 && take_sized(resume, id); --ids) transactional_ids_.emplace_back(id);
  for (std::uint64_t earlier = 0; take_varint(resume, earlier);) earlier_.push_back(earlier);
}

std::string Assembler::resume() const {
  std::string bytes;
  append_varint(bytes, static_cast<std::uint64_t>(next_offset_));
  append_varint(bytes, highest_claim_);
  append_sized(bytes, author_.owner);
  append_varint(bytes, transactional_ids_.size());
  for (const auto& id : transactional_ids_) append_sized(bytes, id);
  for (const auto earlier : earlier_) append_varint(bytes, earlier);
  return bytes;
}

void Assembler::move_to(const log::Head& head) {
  if (head.seq != head_.seq) {
    earlier_.clear();
  } else {
    earlier_.push_back(begin_of(head_.hash));
    if (earlier_.size() > kEarlierMax) earlier_.pop_front();
  }
  head_ = head;
}

bool Assembler::was_head(const Digest& hash) const {
  return std::find(earlier_.begin(), earlier_.end(), begin_of(hash)) != earlier_.end();
}

Failure Assembler::fault(Seq seq, std::string_view reason) const {
  return internal_failure("log.corrupt", to_text(Position{partition_, seq}) + ": " + std::string(reason));
}

Result<log::BatchPtr> Assembler::take(Incoming incoming, std::int64_t offset) {
  if (offset < next_offset_) return log::BatchPtr();
  auto batch = std::holds_alternative<log::Record>(incoming.content)
                   ? take_record(std::move(incoming.author), std::move(std::get<log::Record>(incoming.content)))
                   : take_end(incoming.author, std::move(std::get<log::BatchEnd>(incoming.content)));
  if (batch) next_offset_ = offset + 1;
  return batch;
}

Result<log::BatchPtr> Assembler::take_record(Author author, log::Record record) {
  if (record.kind == log::RecordKind::claimed) return take_claim(std::move(author), std::move(record));
  if (author.epoch > author_.epoch) return fault(record.seq, "a record of an epoch that nobody claimed");
  if (author != author_) return leave_out();
  const auto expected = head_.seq + held_.size() + 1;
  if (record.seq != expected)
    return fault(expected,
                 "seq " + std::to_string(record.seq) + " stands where " + std::to_string(expected) + " should");
  held_.push_back(std::move(record));
  return log::BatchPtr();
}

Result<log::BatchPtr> Assembler::take_claim(Author author, log::Record record) {
  const auto claim = log::parse_claim(record.data);
  if (!claim || claim->epoch != author.epoch) return fault(record.seq, "a claim that cannot be read");
  highest_claim_ = std::max(highest_claim_, claim->epoch);
  if (claim->epoch <= author_.epoch) return leave_out();
  if (claim->from_seq > head_.seq) return fault(head_.seq + 1, "missing, though a claim continues behind it");
  if (claim->from_seq < head_.seq) return leave_out();
  if (claim->from_hash != head_.hash && was_head(claim->from_hash)) return leave_out();
  if (claim->from_hash != head_.hash) return fault(head_.seq, "a claim continues another record");
  // Whatever the owner before had not finished never happened.
  void_records_ += held_.size();
  held_.clear();
  author_ = std::move(author);
  transactional_ids_ = claim->transactional_ids;
  held_.push_back(std::move(record));
  return log::BatchPtr();
}

Result<log::BatchPtr> Assembler::take_end(const Author& author, log::BatchEnd end) {
  // That of a claim which did not count; were it more, its records would have stopped the partition.
  if (author != author_) return leave_out();
  auto batch = std::make_shared<log::Batch>();
  batch->partition = partition_;
  batch->records = std::move(held_);
  batch->end = std::move(end);
  held_.clear();
  auto head = head_;
  if (const auto wrong = log::follow(*batch, head)) return fault(wrong->position.seq, wrong->reason);
  move_to(head);
  return log::BatchPtr(std::move(batch));
}

void Assembler::skip_to(const log::Batch& batch, std::int64_t next_offset) {
  if (next_offset <= next_offset_) return;
  held_.clear();
  move_to({batch.end.last, batch.end.epoch, batch.end.hash, batch.end.index_time});
  next_offset_ = next_offset;
}

}  // namespace hub::kafka
