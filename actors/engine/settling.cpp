// What a runner does with a batch that is not known to be committed.
#include <algorithm>

#include "actors/engine/runner.hpp"
#include "actors/engine/work.hpp"
#include "events/core/logging.hpp"

namespace hub::engine {

/// A claim behind the batch, whoever made it, says for ever whether the batch is in the log.
bool Runner::settle() {
  auto& unsettled = *unsettled_;
  bool all_claimed = true;
  for (const auto& batch : unsettled.batches) {
    const auto partition = batch->partition;
    if (log_.head(partition).epoch > batch->end.epoch) continue;
    // Whoever was given it claims it. What is this node's own it claims all the same: that one may wait for it.
    if (!may_claim(partition)) {
      all_claimed = false;
      continue;
    }
    const auto claimed = log_.claim(partition, options_.node);
    if (!claimed) return false;
    unsettled.claimed[partition] = claimed.value();
  }
  if (!all_claimed) return false;
  const auto is_there = is_in_log(*unsettled.batches.front());
  // A log that cannot be reached now can be later; one that is damaged stays so.
  if (!is_there && is_there.error().kind == FailureKind::unavailable) return false;
  const auto held = std::move(unsettled);
  unsettled_.reset();
  for (const auto& batch : held.batches) disown(batch->partition);
  for (const auto& [partition, head] : held.claimed)
    static_cast<void>(take_up(partition, head));  // it has said what is wrong, and the partition is not owned
  settled(*held.work, held.batches, is_there);
  return true;
}

/// All of one append are there or none.
Result<bool> Runner::is_in_log(const log::Batch& batch) {
  HUB_TRY(const auto found, log_.read(batch.partition, batch.end.first, 1));
  return std::any_of(found.begin(), found.end(),
                     [&](const log::BatchPtr& there) { return there->end.hash == batch.end.hash; });
}

void Runner::settled(Work& work, const std::vector<log::BatchPtr>& batches, const Result<bool>& is_there) {
  if (!is_there) {
    refuse(work, unavailable("command.outcome_unknown",
                             "whether it was done is not known; ask again with the same Idempotency-Key"));
    return;
  }
  if (!is_there.value()) {
    requeue(work);
    return;
  }
  ++metrics_.batches;
  answer(work, batches);
}

/// An append would be fenced; but one that has nothing to append must not go on answering from rows that are old.
void Runner::leave_what_others_claimed() {
  std::vector<PartitionId> lost;
  for (const auto& [partition, head] : heads_)
    if (feed_.epoch(partition) > head.epoch) lost.push_back(partition);
  for (const auto partition : lost) disown(partition);
}

void Runner::lose(Work& work, const std::vector<log::BatchPtr>& batches) {
  for (const auto& batch : batches)
    logging::write(logging::Level::warning, "partition lost to another owner", {{"partition", batch->partition}});
  bool found = false;
  for (const auto& batch : batches) {
    if (log_.head(batch->partition).epoch <= batch->end.epoch) continue;
    disown(batch->partition);
    found = true;
  }
  // Fenced without a claim to be seen yet: none of them is ours for certain.
  if (!found)
    for (const auto& batch : batches) disown(batch->partition);
  for (const auto& batch : batches) feed_.rewind(batch->partition);
  requeue(work);
}

/// What was not written is decided again. Messages come again from the log, or when their cause is decided again; what
/// came by the log's inputs comes again from there.
void Runner::requeue(Work& work) {
  for (auto& [entity, touched] : work.touched) active_.drop(entity);
  std::set<PartitionId> again;
  for (const auto& item : work.items)
    if (item.submission.offset) again.insert(partition_of(item.submission.input.entity, partition_count()));
  for (const auto partition : again)
    if (owns(partition)) begin_commands(partition, store_.commands_consumed(partition));
  const std::lock_guard lock(mutex_);
  for (auto at = work.items.rbegin(); at != work.items.rend(); ++at) {
    const auto& input = at->submission.input;
    if (input.source == Input::Source::message || at->submission.offset) continue;
    // A repeat within the batch goes with the first one.
    if (at->known && !at->submission.done) continue;
    const auto put_back = [&](Submission submission) {
      if (input.source == Input::Source::command) ++waiting_commands(input);
      queue_.push_front(std::move(submission));
    };
    for (auto& done : at->also) put_back({input, std::move(done), {}, {}});
    put_back({input, std::move(at->submission.done), {}, {}});
  }
  metrics_.queued = queue_.size();
}

}  // namespace hub::engine
