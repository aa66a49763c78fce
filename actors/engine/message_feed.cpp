#include "actors/engine/message_feed.hpp"

#include <algorithm>

#include "actors/engine/message_codec.hpp"

namespace hub::engine {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;
/// What was heard and not looked at; beyond it the log is read instead.
constexpr std::size_t kHeardMax = 1'024;
/// Records without messages are looked at when something else is to be done, or so many have come.
constexpr std::size_t kHeardBeforeWake = 256;

bool has_messages(const log::Batch& batch) {
  return std::any_of(batch.records.begin(), batch.records.end(),
                     [](const log::Record& record) { return record.kind == log::RecordKind::message; });
}

}  // namespace

MessageFeed::MessageFeed(log::Log& log, std::function<void()> wake, Alarm alarm)
    : log_(log),
      wake_(std::move(wake)),
      alarm_(std::move(alarm)),
      epochs_(log.partitions()),
      last_heard_(log.partitions()) {
  watcher_ = log_.watch([this](const std::vector<log::BatchPtr>& batches) { heard(batches); });
}

MessageFeed::~MessageFeed() {
  log_.unwatch(watcher_);
}

void MessageFeed::heard(const std::vector<log::BatchPtr>& batches) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& batch : batches) {
      if (batch->records.empty()) continue;
      const bool messages = has_messages(*batch);
      auto& place = last_heard_[batch->partition];
      if (!messages && place > 0 && !heard_[place - 1].batch && heard_[place - 1].last + 1 == batch->end.first) {
        heard_[place - 1].last = batch->end.last;
        heard_[place - 1].epoch = batch->end.epoch;
        continue;
      }
      // What is dropped here is a gap for those that come behind it, and gaps are read from the log.
      if (heard_.size() >= kHeardMax) continue;
      heard_.push_back(
          {batch->partition, batch->end.first, batch->end.last, batch->end.epoch, messages ? batch : nullptr});
      place = heard_.size();
      wakes = wakes || messages || heard_.size() == kHeardBeforeWake;
    }
    if (wakes) news_ = true;
  }
  if (wakes) wake_();
}

void MessageFeed::follow(PartitionId target, const std::vector<Seq>& consumed) {
  forget(target);
  auto& flows = targets_[target];
  for (const auto seq : consumed) flows.push_back({seq, seq, seq, 0});
  for (PartitionId source = 0; source < flows.size(); ++source)
    if (log_.head(source).seq > flows[source].scanned) behind_.insert(source);
}

void MessageFeed::forget(PartitionId target) {
  std::erase_if(waiting_, [target](const Waiting& waiting) { return waiting.target == target; });
  targets_.erase(target);
}

void MessageFeed::rewind(PartitionId target) {
  const auto found = targets_.find(target);
  if (found == targets_.end()) return;
  std::vector<Seq> consumed;
  for (const auto& flow : found->second) consumed.push_back(flow.consumed);
  follow(target, consumed);
}

void MessageFeed::poll() {
  if (is_full()) return;
  std::vector<Heard> heard;
  {
    const std::lock_guard lock(mutex_);
    heard.swap(heard_);
    std::fill(last_heard_.begin(), last_heard_.end(), 0);
    news_ = false;
  }
  for (const auto& part : heard) add(part);
  // By copy: reading takes sources off the list, or leaves them when there is no room.
  for (const auto source : std::set<PartitionId>(behind_)) read_on(source);
  if (!waiting_.empty()) news_ = true;
}

void MessageFeed::add(const Heard& heard) {
  epochs_[heard.source] = std::max(epochs_[heard.source], heard.epoch);
  for (auto& [target, flows] : targets_) {
    auto& flow = flows[heard.source];
    if (heard.last <= flow.scanned) continue;
    if (heard.first > flow.scanned + 1) {
      behind_.insert(heard.source);
      continue;
    }
    if (heard.batch && !bring(target, heard.source, heard.batch, flow)) return;
    flow.scanned = heard.last;
  }
}

bool MessageFeed::bring(PartitionId target, PartitionId source, const log::BatchPtr& batch, Flow& flow) {
  for (const auto& record : batch->records) {
    if (record.kind != log::RecordKind::message || record.seq <= flow.scanned) continue;
    if (partition_of(record.entity, log_.partitions()) != target) continue;
    auto input = message_input(record, source);
    if (!input) {
      // Skipping it would lose it without a word.
      broken_.insert(source);
      behind_.erase(source);
      alarm_(source,
             internal_failure("log.corrupt", to_text(Position{source, record.seq}) + ": the message cannot be read"));
      return false;
    }
    waiting_.push_back({target, source, std::move(input).value()});
    ++flow.waiting;
  }
  return true;
}

Seq MessageFeed::scanned_by_all(PartitionId source) const {
  Seq least = ~Seq{0};
  for (const auto& [target, flows] : targets_) least = std::min(least, flows[source].scanned);
  return least;
}

void MessageFeed::read_on(PartitionId source) {
  if (targets_.empty() || broken_.count(source) > 0) {
    behind_.erase(source);
    return;
  }
  while (!is_full()) {
    const auto from = scanned_by_all(source) + 1;
    const auto batches = log_.read(source, from, kReadBytes);
    if (!batches) {
      broken_.insert(source);
      alarm_(source, batches.error());
    }
    if (!batches || batches.value().empty()) {
      behind_.erase(source);
      return;
    }
    for (const auto& batch : batches.value())
      if (!batch->records.empty()) add({source, batch->end.first, batch->end.last, batch->end.epoch, batch});
    if (broken_.count(source) > 0) return;
    // A log that gives nothing new now tells of it later.
    if (scanned_by_all(source) < from) return;
  }
}

void MessageFeed::take(std::size_t count_max, std::vector<Submission>& into) {
  for (; count_max > 0 && !waiting_.empty(); --count_max) {
    auto& front = waiting_.front();
    auto& flow = targets_.at(front.target)[front.source];
    --flow.waiting;
    flow.taken = front.submission.from->seq;
    into.push_back(std::move(front.submission));
    waiting_.pop_front();
  }
}

std::vector<PartitionId> MessageFeed::marks_due() const {
  std::vector<PartitionId> due;
  for (const auto& [target, flows] : targets_)
    if (std::any_of(flows.begin(), flows.end(),
                    [](const Flow& flow) { return flow.reached() >= flow.consumed + kMarkAlone; }))
      due.push_back(target);
  return due;
}

std::vector<log::Consumed> MessageFeed::positions(PartitionId target) const {
  std::vector<log::Consumed> positions;
  const auto found = targets_.find(target);
  if (found == targets_.end()) return positions;
  for (PartitionId source = 0; source < found->second.size(); ++source) {
    const auto& flow = found->second[source];
    const bool took = flow.taken > flow.consumed;
    if (took || flow.reached() >= flow.consumed + kMarkEvery)
      positions.push_back({std::to_string(source), flow.reached()});
  }
  return positions;
}

void MessageFeed::committed(PartitionId target, const std::vector<log::Consumed>& consumed) {
  const auto found = targets_.find(target);
  if (found == targets_.end()) return;
  for (const auto& part : consumed)
    if (part.source != log::kCommandsSource) found->second.at(std::stoul(part.source)).consumed = part.position;
}

}  // namespace hub::engine
