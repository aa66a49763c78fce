#include "actors/engine/runner.hpp"

#include <algorithm>
#include <chrono>

#include "actors/engine/batch_rows.hpp"
#include "actors/engine/work.hpp"
#include "events/core/logging.hpp"

namespace hub::engine {
namespace {

/// A clock that jumps is noticed within this.
constexpr auto kWaitMax = std::chrono::seconds(1);
constexpr std::size_t kDuePerBatchMax = 1'000;
/// How often a full disk is looked at again while input waits.
constexpr auto kHeldPause = std::chrono::milliseconds(20);
/// Of one batch, so that commands have their turn.
constexpr std::size_t kMessagesPerBatchMax = 1'000;
/// Between two attempts to find out what became of a batch.
constexpr auto kSettleEvery = std::chrono::milliseconds(50);

Submission timer_input(AgendaBook::Item item) {
  Submission submission;
  auto& input = submission.input;
  input.source = Input::Source::timer;
  input.entity = std::move(item.entity);
  input.type = std::move(item.due.type);
  input.data = std::move(item.due.data);
  input.actor = "system";
  return submission;
}

}  // namespace

Failure disk_full() {
  constexpr std::int64_t kRetryMs = 5'000;
  return {FailureKind::insufficient_storage, "disk.full", "the disk is nearly full; reads go on, and nothing changed",
          "", kRetryMs};
}

Runner::Runner(RunnerOptions options, log::Log& log, StateStore& store, const Kinds& kinds, caf::actor_system& system,
               EffectSink& effects)
    : options_(std::move(options)),
      log_(log),
      store_(store),
      kinds_(kinds),
      effects_(effects),
      unit_(&system),
      active_(system, unit_, store, log, kinds, options_.active),
      agenda_(options_.host),
      limit_(options_.inputs_per_batch_max),
      owned_(log.partitions()),
      feed_(
          log,
          [this] {
            { const std::lock_guard lock(mutex_); }  // so that one who is about to wait hears it
            wake_.notify_one();
          },
          [this](PartitionId partition, const Failure& failure) { alarm(partition, failure); }) {
  if (options_.host.empty()) return;
  share_watcher_ = log_.watch([this](const std::vector<log::BatchPtr>& batches) {
    const auto is_others = [this](const log::BatchPtr& batch) { return !seems_to_own(batch->partition); };
    if (std::none_of(batches.begin(), batches.end(), is_others) || share_news_.exchange(true)) return;
    { const std::lock_guard lock(mutex_); }  // so that one who is about to wait hears it
    wake_.notify_one();
  });
}

Runner::~Runner() {
  if (share_watcher_ != 0) log_.unwatch(share_watcher_);
}

std::size_t& Runner::waiting_commands(const Input& input) {
  return waiting_commands_[is_id(input.entity) ? partition_of(input.entity, partition_count()) : 0];
}

Result<void> Runner::submit(Submission submission) {
  const auto& input = submission.input;
  const bool is_command = input.source == Input::Source::command;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ && is_command) return unavailable("server.stopping", "the server is stopping; try again");
    auto& waiting = waiting_commands(input);
    if (is_command && waiting >= options_.commands_per_partition_max) {
      Failure full{FailureKind::too_many, "queue.full", "too many commands are waiting; try again", "", 1'000};
      return full;
    }
    if (is_command) ++waiting;
    queue_.push_back(std::move(submission));
    metrics_.queued = queue_.size();
  }
  wake_.notify_one();
  return success();
}

std::vector<Submission> Runner::take() {
  std::vector<Submission> taken;
  std::deque<Submission> left;
  std::unordered_map<std::string, std::size_t> per_entity;
  std::set<PartitionId> kept_back;  // what came by the log is taken in its order
  const std::lock_guard lock(mutex_);
  taken.reserve(std::min(queue_.size(), limit_.now()));
  while (!queue_.empty() && taken.size() < limit_.now()) {
    auto& front = queue_.front();
    const auto partition = front.offset ? partition_of(front.input.entity, partition_count()) : PartitionId{};
    const bool over = queue_.size() + taken.size() > options_.inputs_per_entity_max &&
                      ++per_entity[front.input.entity] > options_.inputs_per_entity_max;
    if (over || (front.offset && kept_back.count(partition) > 0)) {
      if (front.offset) kept_back.insert(partition);
      left.push_back(std::move(front));
    } else {
      if (front.offset)
        commands_[partition].taken = *front.offset + 1;
      else if (front.input.source == Input::Source::command)
        --waiting_commands(front.input);
      taken.push_back(std::move(front));
    }
    queue_.pop_front();
  }
  // Those over an entity's share keep their place before what came later.
  for (auto at = left.rbegin(); at != left.rend(); ++at) queue_.push_front(std::move(*at));
  metrics_.queued = queue_.size();
  idle_.notify_all();
  return taken;
}

bool Runner::take_due(Instant now, std::vector<Submission>& inputs) {
  metrics_.overdue_micros = agenda_.overdue(now).micros;
  auto due = agenda_.take_due(now, kDuePerBatchMax);
  for (auto& item : due) {
    if (item.due.kind == Due::Kind::effect)
      start_effect(std::move(item));
    else
      inputs.push_back(timer_input(std::move(item)));
  }
  return !due.empty();
}

void Runner::start_effect(AgendaBook::Item item) {
  auto& due = item.due;
  effects_.start({std::move(item.entity), std::move(due.name), std::move(due.key), std::move(due.data),
                  std::move(due.place), item.resumed});
}

void Runner::withdraw_effects() {
  for (const auto& item : agenda_.take_withdrawn()) effects_.withdraw(item.entity, item.due.name, item.due.key);
}

void Runner::refuse_commands(const Failure& why) {
  std::vector<Submission> refused;
  {
    const std::lock_guard lock(mutex_);
    std::deque<Submission> kept;
    for (auto& submission : queue_) {
      // What came by the log waits there; its sender is told by the log.
      const bool is_command = submission.input.source == Input::Source::command && !submission.offset;
      (is_command ? refused.emplace_back() : kept.emplace_back()) = std::move(submission);
    }
    queue_ = std::move(kept);
    waiting_commands_.clear();
    metrics_.queued = queue_.size();
  }
  metrics_.refusals += refused.size();
  for (const auto& submission : refused)
    if (submission.done) submission.done({why, submission.input.entity, 0, {}, nullptr, false});
}

bool Runner::step() {
  const Turning turning(*this);
  return turning && turn();
}

bool Runner::turn() {
  const bool took_up = follow_assignment();
  follow_hosts();
  if (unsettled_) {
    const WithLog with_log(*this);
    return settle();
  }
  metrics_.held = options_.has_room && !options_.has_room();
  if (metrics_.held) {
    refuse_commands(disk_full());
    return false;
  }
  const bool decided = decide_batch();
  // However much there is to decide: what others own may owe something to this host, or be this node's next.
  const bool followed = (!decided || share_news_) && follow_share();
  return followed || decided || took_up;
}

bool Runner::decide_batch() {
  feed_.poll();
  leave_what_others_claimed();
  auto inputs = take();
  feed_.take(kMessagesPerBatchMax, inputs);
  // Read once: a timer that is due now must not be decided upon at an earlier time, when the clock is set back.
  const auto now = options_.clock();
  const bool was_due = take_due(now, inputs);
  const auto marks = marks_due(now);
  if (inputs.empty() && marks.empty()) return was_due;
  const auto count = inputs.size();
  metrics_.inputs += count;
  metrics_.batch_inputs.observe(count);
  auto work = std::make_unique<Work>(*this, std::move(inputs), now);
  work->decide(marks);
  commit(std::move(work));
  limit_.learn(count, options_.clock() - now);
  active_.trim();
  metrics_.active = active_.size();
  metrics_.quarantined = active_.quarantined().size();
  return true;
}

void Runner::wait() {
  std::unique_lock lock(mutex_);
  const auto until_stopped = [this] { return stopping_.load(); };
  if (suspended_) {
    wake_.wait_for(lock, kWaitMax, [this] { return stopping_ || !suspended_; });
  } else if (metrics_.held && !stopping_) {
    wake_.wait_for(lock, kHeldPause, until_stopped);
  } else if (unsettled_) {
    wake_.wait_for(lock, kSettleEvery, until_stopped);
  } else if (!has_work()) {
    std::chrono::microseconds longest = kWaitMax;
    if (const auto due = agenda_.next_due()) {
      const auto until = *due - options_.clock();
      longest = std::clamp(std::chrono::microseconds(until.micros), std::chrono::microseconds(0), longest);
    }
    wake_.wait_for(lock, longest, [this] { return has_work(); });
  }
}

void Runner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  idle_.notify_all();
}

void Runner::commit(std::unique_ptr<Work> work) {
  auto heads = heads_;
  const auto batches = work->seal(heads);
  if (batches.empty()) {
    keep_letters(*work);
    committed(*work, batches);
    return;
  }
  const WithLog with_log(*this);
  keep_letters(*work);
  const auto begun = std::chrono::steady_clock::now();
  const auto appended = log_.append(batches);
  metrics_.append_micros.observe(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun).count()));
  switch (appended) {
    case log::Append::committed:
      heads_ = std::move(heads);
      ++metrics_.batches;
      committed(*work, batches);
      return;
    case log::Append::fenced:
      lose(*work, batches);
      return;
    case log::Append::unknown:
      unsettled_ = Unsettled{std::move(work), batches, {}};
      settle();
      return;
  }
}

void Runner::committed(Work& work, const std::vector<log::BatchPtr>& batches) {
  answer(work, batches);
  for (auto& [entity, touched] : work.touched)
    if (touched.changed) touched.owes = take_on(entity, touched.agenda);
  withdraw_effects();
  for (const auto& batch : batches) {
    feed_.committed(batch->partition, batch->end.consumed);
    if (batch->records.empty())
      unread_.insert(batch->partition);
    else
      unread_.erase(batch->partition);
  }
  store_rows(work, batches);
}

void Runner::answer(Work& work, const std::vector<log::BatchPtr>& batches) {
  const auto batch_of = [&](PartitionId partition) -> log::BatchPtr {
    for (const auto& batch : batches)
      if (batch->partition == partition) return batch;
    return nullptr;
  };
  for (auto& item : work.items) {
    if (item.decision.refusal) ++metrics_.refusals;
    if (!item.submission.done && item.also.empty()) continue;
    const auto& input = item.submission.input;
    Reply reply;
    if (item.known) {
      reply = *item.known;
    } else {
      reply.refusal = item.decision.refusal;
      reply.entity = input.entity;
      reply.version = item.version;
      reply.position = item.position;
      if (item.position.seq > 0) reply.batch = batch_of(item.position.partition);
      if (item.position.seq == 0 && is_id(input.entity)) {
        const auto partition = partition_of(input.entity, partition_count());
        const auto batch = batch_of(partition);
        reply.position = {partition, batch ? batch->end.last : log_.head(partition).seq};
      }
    }
    if (item.submission.done) item.submission.done(reply);
    reply.repeated = true;
    for (const auto& done : item.also) done(reply);
  }
}

void Runner::refuse(Work& work, const Failure& failure) {
  for (const auto& item : work.items) {
    const Reply reply{failure, item.submission.input.entity, 0, {}, nullptr, false};
    if (item.submission.done) item.submission.done(reply);
    for (const auto& done : item.also) done(reply);
  }
}

void Runner::store_rows(Work& work, const std::vector<log::BatchPtr>& batches) {
  StateChanges changes;
  for (auto& [entity, touched] : work.touched) {
    if (!touched.changed) continue;
    changes.entities.emplace_back(
        entity, EntityRow{kinds_.of(entity)->state_version(), touched.version, std::move(touched.organisation),
                          std::move(touched.project), std::move(touched.state)});
    if (!touched.rows.empty()) changes.collections.emplace_back(entity, std::move(touched.rows));
    if (touched.owes) changes.agendas.emplace_back(entity, std::move(touched.agenda));
  }
  // Refusals that no batch carries; those of a batch are repeated by the batch.
  for (auto& outcome : work.unwritten) {
    CommandRow row;
    row.expires = options_.clock() + kCommandsKept;
    row.outcome = std::move(outcome);
    changes.commands.emplace_back(row.outcome.command_id, std::move(row));
  }
  std::size_t records = 0;
  for (const auto& batch : batches) {
    records += batch->records.size();
    for (const auto& record : batch->records) metrics_.events += record.kind == log::RecordKind::event;
    add_batch_rows(*batch, changes);
  }
  if (!batches.empty()) metrics_.batch_records.observe(records);
  metrics_.records += records;
  store_.apply(changes);
}

/// Before anybody is told that it was refused: the log does not have its bytes, so no start could make it anew.
void Runner::keep_letters(Work& work) {
  if (work.dead_letters.empty()) return;
  const auto fresh = store_.keep(std::move(work.dead_letters));
  work.dead_letters.clear();
  metrics_.dead_letters += fresh.size();
  for (const auto& letter : fresh) {
    logging::write(logging::Level::error, "input went to dead letters",
                   {{"letter", letter.id},
                    {"entity", letter.input.entity},
                    {"type", letter.input.type},
                    {"reason", letter.reason}});
    if (options_.buried) options_.buried(letter);
  }
}

void Runner::alarm(PartitionId partition, const Failure& failure) {
  ++metrics_.alarms;
  if (options_.alarm)
    options_.alarm(partition, failure);
  else
    logging::write(logging::Level::error, "partition stops",
                   {{"partition", partition}, {"code", failure.code}, {"detail", failure.detail}});
}

}  // namespace hub::engine
