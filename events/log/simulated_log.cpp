#include "events/log/simulated_log.hpp"

#include <algorithm>
#include <set>

#include "events/log/chain.hpp"
#include "events/log/claim.hpp"

namespace hub::log {

class SimulatedNode final : public Log {
 public:
  SimulatedNode(SimulatedLog& log, std::string instance) : log_(log) {
    if (!instance.empty()) inputs_ = log_.group_.open(std::move(instance));
    for (const auto& partition : log_.partitions_) seen_.push_back({partition.batches.size(), partition.head});
    log_.nodes_.push_back(this);
  }
  SimulatedNode(const SimulatedNode&) = delete;
  SimulatedNode& operator=(const SimulatedNode&) = delete;
  ~SimulatedNode() override { std::erase(log_.nodes_, this); }

  std::uint32_t partitions() const override { return static_cast<std::uint32_t>(log_.partitions_.size()); }
  std::uint64_t incarnation() const override { return log_.incarnation_; }
  bool is_shared() const override { return true; }
  Inputs* inputs() override { return inputs_.get(); }
  Result<Head> claim(PartitionId partition, std::string_view name) override {
    if (takes_part() && !inputs_->may_write()) {
      if (inputs_->has_place()) claimed_.clear();
      return unavailable("log.unavailable", "this node has no place in the group at the moment");
    }
    auto head = log_.claim(partition, name, *this);
    if (head) claimed_.insert(partition);
    return head;
  }
  Append append(const std::vector<BatchPtr>& batches) override {
    if (takes_part() && !holds_all(batches)) return Append::fenced;
    const auto answer = takes_part() && !inputs_->may_write() ? Append::fenced : log_.append(batches, *this);
    // Behind anything but a commit it takes nothing for its own until it has claimed it anew.
    if (answer != Append::committed) claimed_.clear();
    return answer;
  }
  Result<std::vector<BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) override {
    return log_.read(partition, from, bytes_max, seen_.at(partition));
  }
  Head head(PartitionId partition) override { return seen_.at(partition).head; }
  Result<std::vector<EntityRecord>> history(std::string_view entity, Version from, std::size_t count_max) override {
    return log_.history(entity, from, count_max, seen_);
  }
  Result<Seq> seq_at(PartitionId partition, Instant at) override {
    const auto& batches = log_.at(partition).batches;
    const auto seen = std::min(seen_[partition].batches, batches.size());
    const auto end = batches.begin() + static_cast<std::ptrdiff_t>(seen);
    const auto later = std::upper_bound(
        batches.begin(), end, at, [](Instant time, const auto& stored) { return time < stored.batch->end.index_time; });
    return later == batches.begin() ? Seq{0} : std::prev(later)->batch->end.last;
  }
  std::uint64_t watch(Watcher watcher) override {
    // What was committed before is readable, and is not told again.
    watchers_.emplace(++last_id_, Watching{told_, std::move(watcher)});
    return last_id_;
  }
  void unwatch(std::uint64_t id) override { watchers_.erase(id); }

  void when_read(const std::vector<PartitionId>&, Told told) override {
    if (waiting_.empty()) return told(success());
    readers_.push_back({told_, std::move(told)});
  }

  void tell_at(Instant due, const std::vector<BatchPtr>& batches) {
    // In order, whatever delays were drawn.
    if (!waiting_.empty()) due = std::max(due, waiting_.back().due);
    waiting_.push_back({due, ++told_, batches});
  }
  void tell_until(Instant now) {
    while (!waiting_.empty() && waiting_.front().due <= now) {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      for (const auto& batch : next.batches) {
        auto& seen = seen_[batch->partition];
        ++seen.batches;
        seen.head = {batch->end.last, batch->end.epoch, batch->end.hash, batch->end.index_time};
      }
      for (const auto& [id, watching] : watchers_)
        if (next.number > watching.since) watching.watcher(next.batches);
      for (; !readers_.empty() && readers_.front().number <= next.number; readers_.pop_front())
        readers_.front().told(success());
    }
  }
  Instant next_due() const { return waiting_.empty() ? Instant{} : waiting_.front().due; }

 private:
  struct Waiting {
    Instant due;
    std::uint64_t number;
    std::vector<BatchPtr> batches;
  };
  struct Reader {
    std::uint64_t number;  ///< of the last batches that it waits for
    Told told;
  };
  struct Watching {
    std::uint64_t since;
    Watcher watcher;
  };
  bool takes_part() const { return inputs_ && inputs_->started() && log_.group_.fences(); }
  /// It has claimed them, and each batch says how far the commands are decided: without that the group would not be
  /// asked.
  bool holds_all(const std::vector<BatchPtr>& batches) const {
    return inputs_->has_place() && std::all_of(batches.begin(), batches.end(), [this](const BatchPtr& batch) {
             const auto& consumed = batch->end.consumed;
             HUB_ASSERT(std::any_of(consumed.begin(), consumed.end(),
                                    [](const Consumed& part) { return part.source == kCommandsSource; }));
             return claimed_.count(batch->partition) > 0;
           });
  }

  SimulatedLog& log_;
  std::unique_ptr<SimulatedInputs> inputs_;
  std::set<PartitionId> claimed_;
  std::vector<SimulatedLog::Seen> seen_;
  std::deque<Waiting> waiting_;
  std::deque<Reader> readers_;
  std::map<std::uint64_t, Watching> watchers_;
  std::uint64_t last_id_ = 0;
  std::uint64_t told_ = 0;
};

SimulatedLog::SimulatedLog(std::uint64_t seed, std::uint32_t partitions)
    : random_(seed),
      incarnation_(random_() | 1U),
      partitions_(partitions),
      group_(seed, partitions, [this] { return now_; }) {
  HUB_ASSERT(partitions >= 1 && partitions <= kShards);
}

std::unique_ptr<Log> SimulatedLog::open(std::string instance) {
  return std::make_unique<SimulatedNode>(*this, std::move(instance));
}

SimulatedLog::Partition& SimulatedLog::at(PartitionId partition) {
  HUB_ASSERT(partition < partitions_.size());
  return partitions_[partition];
}

bool SimulatedLog::chance(double probability) {
  // Without a draw when nothing is asked for: a test that turns one fault off keeps the others where they were.
  if (probability <= 0) return false;
  return static_cast<double>(random_() >> 11U) * 0x1p-53 < probability;
}

void SimulatedLog::fail_append(std::uint64_t skipped, bool written) {
  failing_append_ = {skipped, written};
}

bool SimulatedLog::all_continue(const std::vector<BatchPtr>& batches) const {
  return std::all_of(batches.begin(), batches.end(), [this](const BatchPtr& batch) {
    HUB_ASSERT(batch->partition < partitions_.size());
    return continues(*batch, partitions_[batch->partition].head);
  });
}

void SimulatedLog::commit(const std::vector<BatchPtr>& batches, const SimulatedNode* told) {
  for (const auto& batch : batches) {
    auto& place = at(batch->partition);
    const auto index = place.batches.size();
    for (std::size_t i = 0; i < batch->records.size(); ++i) {
      const auto& record = batch->records[i];
      if (record.kind != RecordKind::event) continue;
      const Place found{batch->partition, index, batch->end.first, i};
      entities_[record.entity].insert_or_assign(record.version, found);
      if (!record.parent.empty()) entities_[record.parent].insert_or_assign(record.parent_version, found);
    }
    place.batches.push_back({place.head.hash, batch, 0, false});
    place.head = {batch->end.last, batch->end.epoch, batch->end.hash, batch->end.index_time};
  }
  for (auto* node : nodes_) {
    Duration delay;
    if (node != told && faults_.delay_max.micros > 0)
      delay.micros = static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(faults_.delay_max.micros + 1));
    node->tell_at(now_ + delay, batches);
    // The one that appended hears at once, behind all that came before.
    if (node == told)
      node->tell_until({INT64_MAX});
    else
      node->tell_until(now_);
  }
}

Append SimulatedLog::answer_unknown(const std::vector<BatchPtr>& batches) {
  switch (random_() % 3) {
    case 0:
      break;
    case 1:
      commit(batches, nullptr);
      break;
    default:
      in_flight_.push_back(batches);
  }
  return Append::unknown;
}

Append SimulatedLog::append(const std::vector<BatchPtr>& batches, SimulatedNode& node) {
  ++appends_;
  if (!all_continue(batches)) return Append::fenced;
  if (failing_append_ && failing_append_->first-- == 0) {
    const bool written = failing_append_->second;
    failing_append_.reset();
    if (written) commit(batches, nullptr);
    return Append::unknown;
  }
  if (chance(faults_.unknown)) return answer_unknown(batches);
  commit(batches, &node);
  return Append::committed;
}

void SimulatedLog::settle_in_flight() {
  for (const auto& batches : std::exchange(in_flight_, {}))
    if (chance(0.5) && all_continue(batches)) commit(batches, nullptr);
}

Result<Head> SimulatedLog::claim(PartitionId partition, std::string_view name, SimulatedNode& node) {
  if (chance(faults_.claim_refused)) return unavailable("log.unavailable", "the simulated log is not to be reached");
  settle_in_flight();
  Head head = at(partition).head;
  commit({std::make_shared<const Batch>(claim_batch(partition, head, {name, {}}, now_))}, &node);
  return head;
}

void SimulatedLog::advance_to(Instant now) {
  now_ = std::max(now_, now);
  // By index: a watcher may open or end a node.
  for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i]->tell_until(now_);
}

Instant SimulatedLog::next_delivery() const {
  Instant next;
  for (const auto* node : nodes_) {
    const auto due = node->next_due();
    if (due.is_set() && (!next.is_set() || due < next)) next = due;
  }
  return next;
}

void SimulatedLog::tear(Position position, Tear how) {
  auto& batches = at(position.partition).batches;
  const auto torn = std::find_if(batches.begin(), batches.end(), [&](const Stored& stored) {
    return stored.batch->end.first <= position.seq && position.seq <= stored.batch->end.last;
  });
  HUB_ASSERT(torn != batches.end());
  auto damaged = *torn->batch;
  switch (how) {
    case Tear::record_lost:
      damaged.records.erase(damaged.records.begin() + std::ssize(damaged.records) / 2);
      break;
    case Tear::front_lost:
      damaged.records.erase(damaged.records.begin());
      break;
    case Tear::end_changed:
      ++damaged.end.count;
      break;
    case Tear::batch_lost:
      batches.erase(torn);
      return;
  }
  torn->batch = std::make_shared<const Batch>(std::move(damaged));
  torn->verified = false;
}

std::optional<Failure> SimulatedLog::verify(PartitionId partition, std::size_t index) {
  auto& stored = at(partition).batches[index];
  if (stored.verified) return std::nullopt;
  const auto& end = stored.batch->end;
  Head before{end.first - 1, end.epoch, stored.link, end.index_time};
  if (const auto fault = follow(*stored.batch, before))
    return internal_failure("log.corrupt", to_text(fault->position) + ": " + fault->reason);
  stored.bytes = encode_batch(*stored.batch).size();
  stored.verified = true;
  return std::nullopt;
}

Result<std::vector<BatchPtr>> SimulatedLog::read(PartitionId partition, Seq from, std::size_t bytes_max,
                                                 const Seen& seen) {
  if (from > seen.head.seq) return std::vector<BatchPtr>{};
  const auto missing = [&](Seq seq) {
    return internal_failure("log.corrupt", to_text(Position{partition, seq}) + ": missing");
  };
  auto& batches = this->at(partition).batches;
  const auto end = batches.begin() + static_cast<std::ptrdiff_t>(std::min(seen.batches, batches.size()));
  Seq next = std::max<Seq>(from, 1);
  // Those without records in front of a batch that begins with `from` belong to it.
  auto at = std::partition_point(batches.begin(), end, [&](const Stored& stored) {
    return stored.batch->end.last < next && stored.batch->end.first < next;
  });
  std::vector<BatchPtr> found;
  for (std::size_t bytes = 0; at != end; ++at) {
    if (!found.empty() && bytes >= bytes_max && !found.back()->records.empty()) break;
    if (at->batch->end.first > next) return missing(next);
    if (auto failure = verify(partition, static_cast<std::size_t>(at - batches.begin()))) return std::move(*failure);
    bytes += at->bytes;
    next = at->batch->end.last + 1;
    found.push_back(at->batch);
  }
  while (!found.empty() && found.back()->records.empty()) found.pop_back();
  if (found.empty()) return missing(next);
  return found;
}

Result<std::vector<EntityRecord>> SimulatedLog::history(std::string_view entity, Version from, std::size_t count_max,
                                                        const std::vector<Seen>& seen) {
  std::vector<EntityRecord> records;
  const auto versions = entities_.find(entity);
  if (versions == entities_.end()) return records;
  for (auto at = versions->second.lower_bound(from); at != versions->second.end() && records.size() < count_max; ++at) {
    const auto& place = at->second;
    if (place.batch >= seen[place.partition].batches) break;
    const auto& batches = partitions_[place.partition].batches;
    if (place.batch >= batches.size() || batches[place.batch].batch->end.first != place.first)
      return internal_failure("log.corrupt", to_text(Position{place.partition, place.first}) + ": missing");
    if (auto failure = verify(place.partition, place.batch)) return std::move(*failure);
    const auto& batch = *batches[place.batch].batch;
    const auto& record = batch.records[place.record];
    records.push_back({{place.partition, record.seq}, batch.end.index_time, record});
  }
  return records;
}

}  // namespace hub::log
