#include "actors/engine/runner.hpp"

#include <algorithm>
#include <chrono>

#include "actors/engine/message_codec.hpp"
#include "actors/engine/work.hpp"
#include "events/core/logging.hpp"

namespace hub::engine {
namespace {

/// A clock that jumps is noticed within this.
constexpr auto kWaitMax = std::chrono::seconds(1);
constexpr std::size_t kDuePerBatchMax = 1'000;
/// How often a full disk is looked at again while input waits.
constexpr auto kHeldPause = std::chrono::milliseconds(20);
constexpr std::int64_t kDiskFullRetryMs = 5'000;
/// How long the outcome of a command is kept for those who ask again.
constexpr Duration kCommandsKept = seconds(24 * 3'600);

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

Runner::Runner(RunnerOptions options, log::Log& log, StateStore& store, const Kinds& kinds, caf::actor_system& system,
               EffectSink& effects)
    : options_(std::move(options)),
      log_(log),
      store_(store),
      kinds_(kinds),
      effects_(effects),
      unit_(&system),
      active_(system, unit_, store, log, kinds, options_.active) {}

Runner::~Runner() = default;

Result<void> Runner::submit(Submission submission) {
  const auto& input = submission.input;
  const bool is_command = input.source == Input::Source::command;
  const auto partition = is_id(input.entity) ? partition_of(input.entity, partition_count()) : 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ && is_command) return unavailable("server.stopping", "the server is stopping; try again");
    auto& waiting = waiting_commands_[partition];
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
  const std::lock_guard lock(mutex_);
  taken.reserve(std::min(queue_.size(), options_.inputs_per_batch_max));
  while (!queue_.empty() && taken.size() < options_.inputs_per_batch_max) {
    auto& front = queue_.front();
    if (queue_.size() + taken.size() > options_.inputs_per_entity_max &&
        ++per_entity[front.input.entity] > options_.inputs_per_entity_max) {
      left.push_back(std::move(front));
    } else {
      if (front.input.source == Input::Source::command && is_id(front.input.entity))
        --waiting_commands_[partition_of(front.input.entity, partition_count())];
      taken.push_back(std::move(front));
    }
    queue_.pop_front();
  }
  // Those over an entity's share keep their place before what came later.
  for (auto at = left.rbegin(); at != left.rend(); ++at) queue_.push_front(std::move(*at));
  metrics_.queued = queue_.size();
  return taken;
}

bool Runner::take_due(Instant now, std::vector<Submission>& inputs) {
  metrics_.overdue_micros = agenda_.overdue(now).micros;
  auto due = agenda_.take_due(now, kDuePerBatchMax);
  for (auto& item : due) {
    if (item.due.kind == Due::Kind::effect)
      start_effect(item.entity, std::move(item.due));
    else
      inputs.push_back(timer_input(std::move(item)));
  }
  return !due.empty();
}

void Runner::start_effect(const std::string& entity, Due due) {
  effects_.start({entity, std::move(due.name), std::move(due.key), std::move(due.data)});
}

void Runner::refuse_commands() {
  std::vector<Submission> refused;
  {
    const std::lock_guard lock(mutex_);
    std::deque<Submission> kept;
    for (auto& submission : queue_) {
      const bool is_command = submission.input.source == Input::Source::command;
      (is_command ? refused.emplace_back() : kept.emplace_back()) = std::move(submission);
    }
    queue_ = std::move(kept);
    waiting_commands_.clear();
    metrics_.queued = queue_.size();
  }
  const Failure full{FailureKind::insufficient_storage, "disk.full",
                     "the disk is nearly full; reads go on, and nothing changed", "", kDiskFullRetryMs};
  metrics_.refusals += refused.size();
  for (const auto& submission : refused)
    if (submission.done) submission.done({full, submission.input.entity, 0, {}, nullptr, false});
}

bool Runner::step() {
  metrics_.held = options_.has_room && !options_.has_room();
  if (metrics_.held) {
    refuse_commands();
    return false;
  }
  auto inputs = take();
  const bool was_due = take_due(options_.clock(), inputs);
  if (inputs.empty()) return was_due;
  metrics_.inputs += inputs.size();
  metrics_.batch_inputs.observe(inputs.size());
  Work work(*this, std::move(inputs));
  work.decide();
  commit(work);
  active_.trim();
  metrics_.active = active_.size();
  metrics_.quarantined = active_.quarantined().size();
  return true;
}

void Runner::wait() {
  std::unique_lock lock(mutex_);
  if (metrics_.held && !stopping_) {
    wake_.wait_for(lock, kHeldPause, [this] { return stopping_.load(); });
    return;
  }
  if (!queue_.empty() || stopping_) return;
  std::chrono::microseconds longest = kWaitMax;
  if (const auto due = agenda_.next_due()) {
    const auto until = *due - options_.clock();
    longest = std::clamp(std::chrono::microseconds(until.micros), std::chrono::microseconds(0), longest);
  }
  wake_.wait_for(lock, longest, [this] { return !queue_.empty() || stopping_; });
}

void Runner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

void Runner::commit(Work& work) {
  auto heads = heads_;
  const auto batches = work.seal(heads);
  if (batches.empty()) {
    committed(work, batches);
    return;
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto appended = log_.append(batches);
  metrics_.append_micros.observe(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun).count()));
  switch (appended) {
    case log::Append::committed:
      heads_ = std::move(heads);
      ++metrics_.batches;
      committed(work, batches);
      return;
    case log::Append::fenced:
      lose(work, batches);
      return;
    case log::Append::unknown:
      resolve_unknown(work, batches);
      return;
  }
}

void Runner::committed(Work& work, const std::vector<log::BatchPtr>& batches) {
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
        reply.position = {partition, heads_[partition].seq};
      }
    }
    if (item.submission.done) item.submission.done(reply);
    reply.repeated = true;
    for (const auto& done : item.also) done(reply);
  }
  for (auto& [entity, touched] : work.touched)
    if (touched.changed) agenda_.replace(entity, touched.agenda);
  store_rows(work, batches);
  take_messages(batches);
}

void Runner::store_rows(Work& work, const std::vector<log::BatchPtr>& batches) {
  StateChanges changes;
  for (auto& [entity, touched] : work.touched) {
    if (!touched.changed) continue;
    changes.entities.emplace_back(
        entity, EntityRow{kinds_.of(entity)->state_version(), touched.version, std::move(touched.organisation),
                          std::move(touched.project), std::move(touched.state)});
    changes.agendas.emplace_back(entity, std::move(touched.agenda));
  }
  const auto now = options_.clock();
  for (auto& item : work.items) {
    const auto& input = item.submission.input;
    if (!item.remembered || input.source != Input::Source::command) continue;
    CommandRow row;
    if (!input.creates) row.expires = now + kCommandsKept;
    row.position = item.position;
    row.outcome = {input.command_id, input.body_hash, 0, {}, {}, {}, input.entity, item.version};
    if (const auto& refusal = item.decision.refusal) {
      row.expires = now + kCommandsKept;
      row.outcome.status = refusal->http_status();
      row.outcome.code = refusal->code;
      row.outcome.detail = refusal->detail;
      row.outcome.field = refusal->field;
    }
    changes.commands.emplace_back(input.command_id, std::move(row));
  }
  std::size_t records = 0;
  for (const auto& batch : batches) {
    records += batch->records.size();
    changes.heads.emplace_back(batch->partition, heads_[batch->partition]);
    for (const auto& record : batch->records)
      if (record.kind == log::RecordKind::message)
        changes.messages_sent.emplace_back(partition_of(record.entity, partition_count()),
                                           MessageRow{batch->partition, record.seq, record});
    for (const auto& consumed : batch->end.consumed)
      changes.messages_consumed.push_back(
          {batch->partition, static_cast<PartitionId>(std::stoul(consumed.source)), consumed.position});
  }
  if (!batches.empty()) metrics_.batch_records.observe(records);
  metrics_.events += records;
  metrics_.dead_letters += work.dead_letters.size();
  for (const auto& letter : work.dead_letters)
    logging::write(logging::Level::error, "input went to dead letters",
                   {{"entity", letter.entity}, {"type", letter.type}, {"reason", letter.reason}});
  changes.dead_letters = std::move(work.dead_letters);
  store_.apply(changes);
}

void Runner::take_messages(const std::vector<log::BatchPtr>& batches) {
  for (const auto& batch : batches)
    for (const auto& record : batch->records) {
      if (record.kind != log::RecordKind::message || !owns(partition_of(record.entity, partition_count()))) continue;
      auto input = message_input(record, batch->partition);
      HUB_ASSERT(input);
      static_cast<void>(submit(std::move(input).value()));
    }
}

void Runner::requeue(Work& work) {
  for (auto& [entity, touched] : work.touched) active_.drop(entity);
  const std::lock_guard lock(mutex_);
  for (auto at = work.items.rbegin(); at != work.items.rend(); ++at) {
    // What a batch sent to itself comes again when its cause is decided again.
    const bool own_message = at->submission.input.source == Input::Source::message && !at->submission.from;
    if (own_message || !(at->submission.done || at->submission.input.source != Input::Source::command)) continue;
    if (at->submission.input.source == Input::Source::command && is_id(at->submission.input.entity))
      ++waiting_commands_[partition_of(at->submission.input.entity, partition_count())];
    for (auto& done : at->also) queue_.push_front({at->submission.input, std::move(done), std::nullopt});
    queue_.push_front(std::move(at->submission));
  }
  metrics_.queued = queue_.size();
}

void Runner::resolve_unknown(Work& work, const std::vector<log::BatchPtr>& batches) {
  for (auto& [entity, touched] : work.touched) active_.drop(entity);
  for (const auto& batch : batches) {
    auto claimed = log_.claim(batch->partition, options_.node);
    if (!claimed) {
      // Without the claim nobody knows; the partition is given up and taken again by own().
      lose(work, batches);
      return;
    }
    heads_[batch->partition] = claimed.value();
  }
  const auto& first = *batches.front();
  const auto found = log_.read(first.partition, first.end.count > 0 ? first.end.first : first.end.last, 1);
  const bool is_there =
      found && std::any_of(found.value().begin(), found.value().end(),
                           [&](const log::BatchPtr& there) { return there->end.hash == first.end.hash; });
  if (is_there)
    committed(work, batches);
  else
    requeue(work);
}

void Runner::lose(Work& work, const std::vector<log::BatchPtr>& batches) {
  for (const auto& batch : batches)
    logging::write(logging::Level::warning, "partition lost to another owner", {{"partition", batch->partition}});
  for (const auto& batch : batches) heads_.erase(batch->partition);
  active_.drop_all();
  agenda_ = {};
  load_agenda();
  const auto moved = unavailable("partition.moved", "another node owns this entity now; try again");
  for (auto& item : work.items) {
    const Reply reply{moved, item.submission.input.entity, 0, {}, nullptr, false};
    if (item.submission.done) item.submission.done(reply);
    for (const auto& done : item.also) done(reply);
  }
}

}  // namespace hub::engine
