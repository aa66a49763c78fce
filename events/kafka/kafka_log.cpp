#include "events/kafka/kafka_log.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "events/core/digest.hpp"
#include "events/core/logging.hpp"
#include "events/kafka/assembler.hpp"
#include "events/kafka/client_statistics.hpp"
#include "events/kafka/command_positions.hpp"
#include "events/kafka/consumer.hpp"
#include "events/kafka/kafka_inputs.hpp"
#include "events/kafka/lanes.hpp"
#include "events/log/chain.hpp"
#include "events/log/claim.hpp"
#include "events/log/mirror.hpp"
#include "events/log/watchers.hpp"

namespace hub::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kClaimPatience{30};
/// Where a group gives partitions out it must be able to take them away, and other partitions wait meanwhile.
constexpr std::chrono::seconds kMemberClaimPatience{5};
constexpr std::chrono::seconds kFencePatience{10};
constexpr std::chrono::milliseconds kFenceAfter{200};
/// A start gives up when nothing is heard of a partition for so long.
constexpr std::chrono::seconds kSilenceMax{30};
constexpr std::size_t kOwnerBytes = 8;

/// One partition.
struct Place {
  Place(PartitionId partition, const log::Head& head, std::string_view resume) : assembler(partition, head, resume) {}

  std::mutex appending;  ///< held over a whole append or claim
  std::mutex state;      ///< guards what follows, and keeps watchers told in order
  std::condition_variable moved;
  Assembler assembler;
  std::optional<Failure> fault;
  Epoch tried = 0;             ///< the highest epoch that this process claimed, whatever came of it
  bool caught_up = false;      ///< the end was reached once
  std::uint64_t commands = 0;  ///< offset behind the last command of a batch, as far as known
  std::string owner;           ///< under which this process owns the partition as far as it knows; empty: it does not
};

Failure does_not_fit(Failure failure, const std::string& topic, std::int64_t offset) {
  failure.detail +=
      " (" + topic + ", offset " + std::to_string(offset) +
      "): the brokers have lost records, or somebody who is no node of this namespace has written there; "
      "let nodes alone write to it, and keep this folder: \"computehub audit verify\" tells what is sound";
  return failure;
}

class KafkaLog final : public log::Log {
 public:
  KafkaLog(KafkaLogOptions options, std::unique_ptr<log::Mirror> mirror)
      : options_(std::move(options)),
        figures_(options_.figures ? options_.figures : std::make_shared<KafkaFigures>(options_.partitions)),
        mirror_(std::move(mirror)),
        lanes_(options_.brokers, options_.transactional_id, options_.writers) {
    for (PartitionId id = 0; id < options_.partitions; ++id)
      places_.push_back(std::make_unique<Place>(id, mirror_->head(id), mirror_->resume(id)));
    for (PartitionId id = 0; id < options_.partitions; ++id) at(id).commands = commands_decided(*mirror_, id);
    if (!options_.member) return;
    auto member = *options_.member;
    member.brokers = options_.brokers;
    inputs_ = std::make_unique<KafkaInputs>(std::move(member), options_.partitions);
  }
  ~KafkaLog() override {
    inputs_.reset();
    consumer_.reset();
  }

  Result<void> start() {
    std::vector<std::int64_t> offsets;
    for (const auto& place : places_) offsets.push_back(place->assembler.next_offset());
    Consumer::Handler handler;
    handler.message = [this](const rd_kafka_message_t& message) { take(message); };
    handler.truncated = [this](PartitionId partition) { stop(partition, events_truncated(options_.topic, partition)); };
    handler.reached_end = [this](PartitionId partition) { reached_end(partition); };
    handler.statistics = [this](std::string_view json) { note_statistics(json, options_.topic, *figures_); };
    // The first producers take a second to find their way: not when a partition waits for its owner.
    if (inputs_) {
      HUB_TRY(ready_owner());
    }
    HUB_TRY(consumer_, Consumer::start(options_.brokers, options_.topic, offsets, std::move(handler)));
    HUB_TRY(catch_up());
    return inputs_ ? look_for_commands() : success();
  }

  std::uint32_t partitions() const override { return options_.partitions; }
  std::uint64_t incarnation() const override { return options_.incarnation; }
  bool is_shared() const override { return true; }
  log::Inputs* inputs() override { return inputs_.get(); }
  Result<log::Head> claim(PartitionId partition, std::string_view node) override;
  log::Append append(const std::vector<log::BatchPtr>& batches) override;
  Result<std::vector<log::BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) override;
  log::Head head(PartitionId partition) override { return mirror_->head(partition); }
  Result<std::vector<log::EntityRecord>> history(std::string_view entity, Version from,
                                                 std::size_t count_max) override {
    return mirror_->history(entity, from, count_max);
  }
  Result<Seq> seq_at(PartitionId partition, Instant at) override { return mirror_->seq_at(partition, at); }
  std::uint64_t watch(Watcher watcher) override { return watchers_.add(std::move(watcher)); }
  void unwatch(std::uint64_t id) override { watchers_.remove(id); }

 private:
  Place& at(PartitionId partition) {
    HUB_ASSERT(partition < places_.size());
    return *places_[partition];
  }
  Result<void> catch_up();
  /// Whether all that were not decided are still there.
  Result<void> look_for_commands();
  void reached_end(PartitionId partition);
  void take(const rd_kafka_message_t& message);
  void stop(PartitionId partition, Failure failure);
  /// Needs the place's `state`.
  void keep(Place& place, const log::BatchPtr& batch);
  void stop(Place& place, Failure failure);
  /// How far the inputs of the batches' partitions are consumed; none without a group.
  std::optional<ConsumedOffsets> consumed_by(const std::vector<log::BatchPtr>& batches) const;
  std::optional<ConsumedOffsets> consumed(const std::map<PartitionId, std::uint64_t>& positions) const;
  static void place_batch(std::vector<Placed>& messages, const log::Batch& batch, const Author& author);
  /// Behind anything but a commit: other producers may be made, so what another claimed meanwhile would not fence them.
  void disown_all();
  /// The place's head when this claim counts, nothing when another one has to be made.
  Result<std::optional<log::Head>> claim_once(Place& place, PartitionId partition, std::string_view node,
                                              Clock::time_point deadline);
  /// The name under which what is written now counts; another whenever producers had to be made.
  Result<std::string> ready_owner();
  /// Ends what the owner before left open, and shuts it out: it may still believe that the partition is its own.
  Result<void> fence(Place& place);

  const KafkaLogOptions options_;
  const std::shared_ptr<KafkaFigures> figures_;
  const std::unique_ptr<log::Mirror> mirror_;
  std::vector<std::unique_ptr<Place>> places_;
  log::Watchers watchers_;
  Lanes lanes_;
  std::mutex owner_mutex_;  ///< guards the next two
  std::string owner_;
  std::set<std::string> fenced_;  ///< owners that are shut out
  std::unique_ptr<KafkaInputs> inputs_;
  std::unique_ptr<Consumer> consumer_;  ///< last: calls into the others until it is gone
};

// ---- what is read

void KafkaLog::take(const rd_kafka_message_t& message) {
  auto& place = at(static_cast<PartitionId>(message.partition));
  const std::lock_guard lock(place.state);
  if (place.fault) return;
  auto incoming = from_message(message);
  if (!incoming) {
    logging::write(logging::Level::warning, "a foreign record lies on the topic; it is left out",
                   {{"partition", message.partition}, {"offset", message.offset}});
    ++figures_->foreign_records;
    if (options_.foreign) options_.foreign(foreign_record(message));
    place.assembler.pass(message.offset);
  } else {
    const auto void_before = place.assembler.void_records();
    auto batch = place.assembler.take(std::move(*incoming), message.offset);
    figures_->void_records += place.assembler.void_records() - void_before;
    if (!batch) return stop(place, does_not_fit(std::move(batch).error(), options_.topic, message.offset));
    if (batch.value()) keep(place, batch.value());
  }
  figures_->read_to(static_cast<PartitionId>(message.partition), place.assembler.next_offset());
  place.moved.notify_all();
}

void KafkaLog::reached_end(PartitionId partition) {
  auto& place = at(partition);
  const std::lock_guard lock(place.state);
  place.caught_up = true;
  figures_->at_end(partition);
  place.moved.notify_all();
}

Result<void> KafkaLog::catch_up() {
  for (const auto& place : places_) {
    std::unique_lock lock(place->state);
    while (!place->caught_up && !place->fault) {
      const auto before = place->assembler.next_offset();
      const auto told = place->moved.wait_for(lock, kSilenceMax);
      if (told == std::cv_status::timeout && place->assembler.next_offset() == before)
        return unavailable("kafka.unreachable", "the brokers answer, and nothing of the topic " + options_.topic +
                                                    " comes; look at its leaders with `computehub kafka describe`");
    }
    if (place->fault) return *place->fault;
  }
  return success();
}

Result<void> KafkaLog::look_for_commands() {
  std::vector<std::uint64_t> decided;
  for (const auto& place : places_) {
    const std::lock_guard lock(place->state);
    decided.push_back(place->commands);
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

void KafkaLog::keep(Place& place, const log::BatchPtr& batch) {
  if (auto kept = mirror_->take({{batch, place.assembler.resume()}}); !kept)
    return stop(place, std::move(kept).error());
  place.commands = commands_of(*batch).value_or(place.commands);
  watchers_.tell({batch});
}

void KafkaLog::stop(PartitionId partition, Failure failure) {
  auto& place = at(partition);
  const std::lock_guard lock(place.state);
  stop(place, std::move(failure));
}

void KafkaLog::stop(Place& place, Failure failure) {
  const auto partition = place.assembler.partition();
  logging::write(logging::Level::error, "a partition cannot be read any more",
                 {{"partition", partition}, {"code", failure.code}, {"why", failure.detail}});
  figures_->stopped(partition, failure);
  place.fault = std::move(failure);
  place.moved.notify_all();
}

Result<std::vector<log::BatchPtr>> KafkaLog::read(PartitionId partition, Seq from, std::size_t bytes_max) {
  HUB_TRY(auto batches, mirror_->read(partition, from, bytes_max));
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
  figures_->wrote(Clock::now() - begun, outcome == Outcome::fenced);
  if (outcome != Outcome::committed) {
    disown_all();
    return outcome == Outcome::fenced ? log::Append::fenced : log::Append::unknown;
  }
  std::size_t behind = 0;
  for (const auto& batch : ordered) {
    behind += batch->records.size() + 1;
    auto& place = at(batch->partition);
    const std::lock_guard lock(place.state);
    const auto next = messages[behind - 1].offset + 1;
    // It may have been read here before the brokers' answer came.
    if (place.assembler.next_offset() >= next) continue;
    place.assembler.skip_to(*batch, next);
    keep(place, batch);
  }
  return log::Append::committed;
}

void KafkaLog::disown_all() {
  for (const auto& place : places_) {
    const std::lock_guard lock(place->state);
    place->owner.clear();
  }
}

Result<std::string> KafkaLog::ready_owner() {
  const std::lock_guard lock(owner_mutex_);
  HUB_TRY(const bool made, lanes_.renew());
  figures_->recycled = lanes_.recycled();
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
    disown_all();
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
