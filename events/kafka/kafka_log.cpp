#include "events/kafka/kafka_log.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <set>

#include "events/core/digest.hpp"
#include "events/core/logging.hpp"
#include "events/kafka/command_positions.hpp"
#include "events/kafka/kafka_inputs.hpp"
#include "events/kafka/lanes.hpp"
#include "events/kafka/record_reader.hpp"
#include "events/log/chain.hpp"
#include "events/log/claim.hpp"
#include "events/log/mirror.hpp"

namespace hub::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kClaimPatience{30};
/// Where a group gives partitions out it must be able to take them away, and other partitions wait meanwhile.
constexpr std::chrono::seconds kMemberClaimPatience{5};
constexpr std::chrono::seconds kFencePatience{10};
constexpr std::chrono::milliseconds kFenceAfter{200};
constexpr std::size_t kOwnerBytes = 8;

class KafkaLog final : public log::Log {
 public:
  KafkaLog(KafkaLogOptions options, std::unique_ptr<log::Mirror> mirror)
      : options_(std::move(options)),
        lanes_(options_.brokers, options_.transactional_id, options_.writers),
        reader_({options_.topic, options_.partitions,
                 options_.figures ? options_.figures : std::make_shared<KafkaFigures>(options_.partitions),
                 options_.foreign},
                std::move(mirror)) {
    if (!options_.member) return;
    auto member = *options_.member;
    member.brokers = options_.brokers;
    inputs_ = std::make_unique<KafkaInputs>(std::move(member), options_.partitions);
  }
  ~KafkaLog() override {
    inputs_.reset();
    reader_.stop();
  }

  Result<void> start() {
    // The first producers take a second to find their way: not when a partition waits for its owner.
    if (inputs_) {
      HUB_TRY(ready_owner());
    }
    HUB_TRY(reader_.start(options_.brokers));
    return inputs_ ? look_for_commands() : success();
  }

  std::uint32_t partitions() const override { return options_.partitions; }
  std::uint64_t incarnation() const override { return options_.incarnation; }
  bool is_shared() const override { return true; }
  log::Inputs* inputs() override { return inputs_.get(); }
  Result<log::Head> claim(PartitionId partition, std::string_view node) override;
  log::Append append(const std::vector<log::BatchPtr>& batches) override;
  Result<std::vector<log::BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) override;
  log::Head head(PartitionId partition) override { return reader_.mirror().head(partition); }
  Result<std::vector<log::EntityRecord>> history(std::string_view entity, Version from,
                                                 std::size_t count_max) override {
    return reader_.mirror().history(entity, from, count_max);
  }
  void when_read(const std::vector<PartitionId>& partitions, Told told) override {
    reader_.when_read(partitions, std::move(told));
  }
  Result<Seq> seq_at(PartitionId partition, Instant at) override { return reader_.mirror().seq_at(partition, at); }
  std::unique_ptr<log::IndexCheck> check_indexes() override { return reader_.mirror().check_indexes(); }
  std::uint64_t watch(Watcher watcher) override { return reader_.watchers().add(std::move(watcher)); }
  void unwatch(std::uint64_t id) override { reader_.watchers().remove(id); }

 private:
  Place& at(PartitionId partition) { return reader_.at(partition); }
  /// Whether all that were not decided are still there.
  Result<void> look_for_commands();
  /// How far the inputs of the batches' partitions are consumed; none without a group.
  std::optional<ConsumedOffsets> consumed_by(const std::vector<log::BatchPtr>& batches) const;
  std::optional<ConsumedOffsets> consumed(const std::map<PartitionId, std::uint64_t>& positions) const;
  static void place_batch(std::vector<Placed>& messages, const log::Batch& batch, const Author& author);
  /// What was committed is in the copy from then on.
  void take_own(const std::vector<log::BatchPtr>& batches, const std::vector<Placed>& messages);
  /// The place's head when this claim counts, nothing when another one has to be made.
  Result<std::optional<log::Head>> claim_once(Place& place, PartitionId partition, std::string_view node,
                                              Clock::time_point deadline);
  /// The name under which what is written now counts; another whenever producers had to be made.
  Result<std::string> ready_owner();
  /// Ends what the owner before left open, and shuts it out: it may still believe that the partition is its own.
  Result<void> fence(Place& place);

  const KafkaLogOptions options_;
  Lanes lanes_;
  std::mutex owner_mutex_;  ///< guards the next two
  std::string owner_;
  std::set<std::string> fenced_;  ///< owners that are shut out
  std::unique_ptr<KafkaInputs> inputs_;
  RecordReader reader_;
};

// ---- what is read

Result<void> KafkaLog::look_for_commands() {
  std::vector<std::uint64_t> decided;
  for (PartitionId id = 0; id < options_.partitions; ++id) {
    const std::lock_guard lock(at(id).state);
    decided.push_back(at(id).commands);
  }
  HUB_TRY(const auto kept_from, lost_commands(options_.brokers, options_.member->topic, decided));
  if (std::all_of(kept_from.begin(), kept_from.end(), [](std::uint64_t offset) { return offset == 0; }))
    return success();
  const auto failure = commands_truncated(options_.member->topic, decided, kept_from);
  if (!options_.member->skips_lost_commands) return failure;
  logging::write(logging::Level::warning, failure.detail, {{"code", failure.code}});
  inputs_->begin_from(kept_from);
  return success();
}

Result<std::vector<log::BatchPtr>> KafkaLog::read(PartitionId partition, Seq from, std::size_t bytes_max) {
  HUB_TRY(auto batches, reader_.mirror().read(partition, from, bytes_max));
  if (!batches.empty()) return batches;
  auto& place = at(partition);
  const std::lock_guard lock(place.state);
  if (place.fault) return *place.fault;
  return batches;
}

// ---- what is written

void KafkaLog::place_batch(std::vector<Placed>& messages, const log::Batch& batch, const Author& author) {
  for (const auto& record : batch.records)
    messages.push_back({batch.partition, to_message(record, batch.partition, author), -1});
  messages.push_back({batch.partition, to_message(batch.end, batch.partition, author), -1});
}

std::optional<ConsumedOffsets> KafkaLog::consumed_by(const std::vector<log::BatchPtr>& batches) const {
  std::map<PartitionId, std::uint64_t> positions;
  for (const auto& batch : batches)
    if (const auto position = commands_of(*batch)) positions[batch->partition] = *position;
  // With a list that is empty, or lacks a partition, the client would leave that out of the fence and say nothing.
  HUB_ASSERT(!inputs_ || !inputs_->started() || positions.size() == batches.size());
  return consumed(positions);
}

std::optional<ConsumedOffsets> KafkaLog::consumed(const std::map<PartitionId, std::uint64_t>& positions) const {
  if (!inputs_ || !inputs_->started()) return std::nullopt;
  ConsumedOffsets consumed{Offsets(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size()))),
                           inputs_->metadata()};
  for (const auto& [partition, position] : positions) {
    auto* place = rd_kafka_topic_partition_list_add(consumed.offsets.get(), inputs_->topic().c_str(),
                                                    static_cast<std::int32_t>(partition));
    place->offset = static_cast<std::int64_t>(position);
  }
  return consumed;
}

log::Append KafkaLog::append(const std::vector<log::BatchPtr>& batches) {
  if (batches.empty()) return log::Append::committed;
  auto ordered = batches;
  std::sort(ordered.begin(), ordered.end(),
            [](const auto& one, const auto& other) { return one->partition < other->partition; });
  std::vector<std::unique_lock<std::mutex>> locks;
  std::vector<Placed> messages;
  for (const auto& batch : ordered) {
    auto& place = at(batch->partition);
    locks.emplace_back(place.appending);
    const std::lock_guard lock(place.state);
    const Author author{batch->end.epoch, place.owner};
    if (place.fault || author != place.assembler.author() || !log::continues(*batch, place.assembler.head()))
      return log::Append::fenced;
    place_batch(messages, *batch, author);
  }
  const auto consumed = consumed_by(ordered);
  // Between two assignments nobody knows whose a partition is.
  if (consumed && !consumed->group) return log::Append::fenced;
  const auto begun = Clock::now();
  const auto outcome = lanes_.take()->write(options_.topic, messages, consumed ? &*consumed : nullptr);
  reader_.figures().wrote(Clock::now() - begun, outcome == Outcome::fenced);
  if (outcome != Outcome::committed) {
    reader_.disown_all();
    return outcome == Outcome::fenced ? log::Append::fenced : log::Append::unknown;
  }
  take_own(ordered, messages);
  return log::Append::committed;
}

void KafkaLog::take_own(const std::vector<log::BatchPtr>& batches, const std::vector<Placed>& messages) {
  auto next = messages.begin();
  std::vector<std::int64_t> offsets;
  for (const auto& batch : batches) {
    const auto end = next + static_cast<std::ptrdiff_t>(batch->records.size() + 1);
    offsets.clear();
    for (; next != end; ++next) offsets.push_back(next->offset);
    auto& place = at(batch->partition);
    const std::lock_guard lock(place.state);
    reader_.take_own(place, batch, offsets);
  }
}

Result<std::string> KafkaLog::ready_owner() {
  const std::lock_guard lock(owner_mutex_);
  HUB_TRY(const bool made, lanes_.renew());
  reader_.figures().recycled = lanes_.recycled();
  if (made) owner_ = to_hex(random_bytes(kOwnerBytes));
  return owner_;
}

Result<void> KafkaLog::fence(Place& place) {
  std::string owner;
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(place.state);
    owner = place.assembler.author().owner;
    ids = place.assembler.transactional_ids();
  }
  const std::lock_guard lock(owner_mutex_);
  if (owner.empty() || owner == owner_ || fenced_.count(owner) > 0) return success();
  for (const auto& id : ids) {
    // Those of its own name belong to an earlier life of this node, and were taken over when they were made.
    if (id.starts_with(options_.transactional_id + "-")) continue;
    HUB_TRY(Transactions::open(options_.brokers, id, kFencePatience));
  }
  fenced_.insert(owner);
  return success();
}

Result<std::optional<log::Head>> KafkaLog::claim_once(Place& place, PartitionId partition, std::string_view node,
                                                      Clock::time_point deadline) {
  HUB_TRY(auto owner, ready_owner());
  // Where a group says whose a partition is, it refuses what others write; else they are shut out.
  if (!inputs_) {
    HUB_TRY(fence(place));
  }
  log::Head head;
  std::uint64_t commands = 0;
  Author author{0, std::move(owner)};
  {
    const std::lock_guard lock(place.state);
    if (place.fault) return *place.fault;
    head = place.assembler.head();
    place.tried = author.epoch = std::max({place.tried, head.epoch, place.assembler.highest_claim()}) + 1;
    place.owner.clear();
    commands = place.commands;
  }
  const auto offsets = consumed({{partition, commands}});
  if (offsets && !offsets->group)
    return unavailable("log.unavailable", "this node has no place in the group at the moment");
  std::vector<Placed> messages;
  const auto batch = log::claim_batch(partition, head, {node, lanes_.ids()}, wall_now(), author.epoch);
  place_batch(messages, batch, author);
  if (lanes_.take()->write(options_.topic, messages, offsets ? &*offsets : nullptr) != Outcome::committed) {
    reader_.disown_all();
    // The group may have gone on without this node, which learns of it only when the caller waits here no more.
    if (offsets) return unavailable("log.unavailable", "the brokers did not take the claim; try again");
    return std::optional<log::Head>();
  }
  // Producers that were made meanwhile belong to another owner's name.
  HUB_TRY(const auto still, ready_owner());
  if (still != author.owner) return std::optional<log::Head>();
  std::unique_lock lock(place.state);
  const auto offset = messages.back().offset;
  const auto is_read = [&] { return place.fault || place.assembler.next_offset() > offset; };
  if (inputs_ && !place.moved.wait_for(lock, kFenceAfter, is_read)) {
    // The owner before has left something open: its end is not waited for.
    lock.unlock();
    HUB_TRY(fence(place));
    lock.lock();
  }
  if (!place.moved.wait_until(lock, deadline, is_read)) return std::optional<log::Head>();
  if (place.fault) return *place.fault;
  if (place.assembler.author() != author) return std::optional<log::Head>();
  place.owner = author.owner;
  return std::optional(place.assembler.head());
}

Result<log::Head> KafkaLog::claim(PartitionId partition, std::string_view node) {
  auto& place = at(partition);
  const std::lock_guard appending(place.appending);
  const auto deadline = Clock::now() + (inputs_ ? kMemberClaimPatience : kClaimPatience);
  do {
    HUB_TRY(const auto head, claim_once(place, partition, node, deadline));
    if (head) return *head;
  } while (Clock::now() < deadline);
  return unavailable("log.unavailable", "the brokers did not take the claim of a partition; try again");
}

}  // namespace

Result<std::unique_ptr<log::Log>> open_kafka_log(KafkaLogOptions options) {
  HUB_TRY(auto mirror,
          log::open_mirror({options.folder, options.partitions, options.incarnation, options.memory_bytes_max}));
  auto made = std::make_unique<KafkaLog>(std::move(options), std::move(mirror));
  HUB_TRY(made->start());
  return std::unique_ptr<log::Log>(std::move(made));
}

}  // namespace hub::kafka
