#include "actors/engine/command_post.hpp"

#include <algorithm>

#include "actors/engine/batch_rows.hpp"

namespace hub::engine {
namespace {

constexpr std::int64_t kFullRetryMs = 1'000;
constexpr std::int64_t kAwayRetryMs = 2'000;

Failure log_away() {
  return {FailureKind::unavailable, "log.unavailable", "the log does not answer; nothing changed, try again", "",
          kAwayRetryMs};
}
Failure outcome_unknown() {
  return {FailureKind::unavailable, "command.outcome_unknown",
          "the log does not answer; whether it was done is not known: ask again with the same Idempotency-Key", "",
          kAwayRetryMs};
}

log::Command command_of(const Input& input) {
  log::Command command;
  command.entity = input.entity;
  command.type = input.type;
  command.data = input.data;
  command.command_id = input.command_id;
  command.body_hash = input.body_hash;
  command.actor = input.actor;
  command.organisation = input.organisation;
  command.project = input.project;
  command.correlation_id = input.correlation_id;
  command.deadline = input.deadline;
  return command;
}

/// What the batch says of a command that it decided.
Reply reply_of(const log::Outcome& outcome, const log::BatchPtr& batch) {
  Reply reply{
      failure_of(outcome), outcome.entity, outcome.version, {batch->partition, batch->end.last}, nullptr, false};
  const auto of_command = [&](const log::Record& record) {
    return record.kind == log::RecordKind::event && record.command_id == outcome.command_id &&
           record.entity == outcome.entity && record.version <= outcome.version;
  };
  const auto last = std::find_if(batch->records.rbegin(), batch->records.rend(), of_command);
  if (last == batch->records.rend()) return reply;
  reply.position.seq = last->seq;
  reply.batch = batch;
  return reply;
}

}  // namespace

Input input_of(log::Command command) {
  Input input;
  input.source = command.source == log::Command::Source::effect ? Input::Source::effect : Input::Source::command;
  input.entity = std::move(command.entity);
  input.type = std::move(command.type);
  input.data = std::move(command.data);
  input.command_id = std::move(command.command_id);
  input.body_hash = std::move(command.body_hash);
  input.actor = std::move(command.actor);
  input.organisation = std::move(command.organisation);
  input.project = std::move(command.project);
  input.correlation_id = std::move(command.correlation_id);
  input.deadline = command.deadline;
  return input;
}

CommandPost::CommandPost(Options options, log::Log& log, log::Inputs& inputs, StateStore& store)
    : options_(std::move(options)), log_(log), inputs_(inputs), store_(store) {
  watcher_ = log_.watch([this](const std::vector<log::BatchPtr>& batches) { heard(batches); });
}

CommandPost::~CommandPost() {
  log_.unwatch(watcher_);
}

Result<void> CommandPost::send(const Input& input, Completion done) {
  if (const auto row = store_.command(input.command_id, options_.clock()); row && is_final(row->outcome)) {
    if (done) done(repeated_reply(*row, input.body_hash));
    return success();
  }
  const auto partition = partition_of(input.entity, log_.partitions());
  std::uint64_t ticket = 0;
  {
    const std::lock_guard lock(mutex_);
    // One at a time finds out whether they are back.
    if (away_ && under_way_ > 0) return log_away();
    auto& count = counts_[partition];
    if (count >= options_.waiting_max)
      return Failure{FailureKind::too_many, "queue.full", "too many commands are waiting; try again", "", kFullRetryMs};
    ++count;
    ++under_way_;
    ticket = ++tickets_;
    waiters_.emplace(input.command_id, Waiting{ticket, partition, input.body_hash, input.entity, std::move(done),
                                               std::chrono::steady_clock::now() + options_.patience});
  }
  inputs_.publish(partition, command_of(input),
                  [this, id = input.command_id, ticket](log::Delivery delivery) { delivered(id, ticket, delivery); });
  return success();
}

void CommandPost::delivered(const std::string& command_id, std::uint64_t ticket, log::Delivery delivery) {
  Answers answers;
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
    away_ = delivery != log::Delivery::there;
    const auto [begin, end] = waiters_.equal_range(command_id);
    const auto place = std::find_if(begin, end, [&](const auto& waiter) { return waiter.second.ticket == ticket; });
    if (place == end) return;
    if (delivery == log::Delivery::there)
      place->second.is_there = true;
    else if (delivery == log::Delivery::not_there)
      take(place, answers, {log_away(), place->second.entity, 0, {}, nullptr, false});
  }
  tell(answers);
}

void CommandPost::heard(const std::vector<log::BatchPtr>& batches) {
  Answers answers;
  {
    const std::lock_guard lock(mutex_);
    if (waiters_.empty()) return;
    for (const auto& batch : batches)
      for (const auto& outcome : batch->end.outcomes) hear(outcome, batch, answers);
  }
  tell(answers);
}

void CommandPost::hear(const log::Outcome& outcome, const log::BatchPtr& batch, Answers& answers) {
  auto [place, end] = waiters_.equal_range(outcome.command_id);
  while (place != end) {
    auto& waiter = place->second;
    if (waiter.body_hash != outcome.body_hash) {
      ++place;
    } else if (outcome.status == log::kDecidedEarlier) {
      // Its row comes with the batch that decided it, which may not be folded here yet.
      waiter.was_decided = true;
      ++place;
    } else {
      place = take(place, answers, reply_of(outcome, batch));
    }
  }
}

CommandPost::Waiters::iterator CommandPost::take(Waiters::iterator place, Answers& answers, Reply reply) {
  --counts_[place->second.partition];
  answers.emplace_back(std::move(place->second.done), std::move(reply));
  return waiters_.erase(place);
}

void CommandPost::tell(Answers& answers) {
  for (auto& [done, reply] : answers)
    if (done) done(reply);
}

void CommandPost::forward(Input result) {
  const auto partition = partition_of(result.entity, log_.partitions());
  auto command = command_of(result);
  command.source = log::Command::Source::effect;
  inputs_.publish(partition, command, [this, kept = std::move(result)](log::Delivery delivery) {
    if (delivery == log::Delivery::there) return;
    const std::lock_guard lock(mutex_);
    unsent_.push_back(kept);
  });
}

void CommandPost::sweep() {
  std::vector<Input> unsent;
  {
    const std::lock_guard lock(mutex_);
    unsent.swap(unsent_);
  }
  for (auto& result : unsent) forward(std::move(result));
  answer_those_over(std::chrono::steady_clock::now());
}

void CommandPost::stop() {
  answer_those_over(std::chrono::steady_clock::time_point::max());
}

void CommandPost::answer_those_over(std::chrono::steady_clock::time_point now) {
  Answers answers;
  {
    const std::lock_guard lock(mutex_);
    for (auto place = waiters_.begin(); place != waiters_.end();) {
      if (auto reply = reply_now(place->first, place->second, now))
        place = take(place, answers, std::move(*reply));
      else
        ++place;
    }
  }
  tell(answers);
}

std::optional<Reply> CommandPost::reply_now(const std::string& command_id, const Waiting& waiter,
                                            std::chrono::steady_clock::time_point now) const {
  if (waiter.was_decided)
    if (const auto row = store_.command(command_id, options_.clock()); row && is_final(row->outcome))
      return repeated_reply(*row, waiter.body_hash);
  if (now < waiter.until) return std::nullopt;
  Reply reply{{}, waiter.entity, 0, {}, nullptr, false, waiter.is_there};
  if (!waiter.is_there) reply.refusal = outcome_unknown();
  return reply;
}

std::size_t CommandPost::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

}  // namespace hub::engine
