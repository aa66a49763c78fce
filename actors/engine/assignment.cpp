// How a runner follows what the nodes of a shared log have agreed on: whose a partition is, and what is sent to it.
#include <algorithm>
#include <utility>

#include "actors/engine/runner.hpp"
#include "events/core/logging.hpp"
#include "events/log/inputs.hpp"

namespace hub::engine {
namespace {

/// Of inputs that came by the log and wait here; what is beyond waits there.
constexpr std::size_t kArrivedMax = 16'384;
/// So long the thread that brings them waits for room: it is also the one that hears of assignments.
constexpr std::chrono::milliseconds kRoomPatience{1'000};
/// Between two attempts to claim what is assigned.
constexpr Duration kClaimEvery = milliseconds(500);
/// How often it is said that it still cannot be claimed.
constexpr Duration kToldEvery = seconds(60);
/// So long what is owned already waits for claims.
constexpr Duration kClaimsPatience = milliseconds(200);

}  // namespace

Runner::Turning::Turning(Runner& runner) : runner_(runner) {
  const std::lock_guard lock(runner_.mutex_);
  on_ = runner_.turning_ = !runner_.suspended_;
}

Runner::Turning::~Turning() {
  {
    const std::lock_guard lock(runner_.mutex_);
    runner_.turning_ = false;
  }
  if (on_) runner_.idle_.notify_all();
}

void Runner::suspend() {
  std::unique_lock lock(mutex_);
  metrics_.suspended = suspended_ = true;
  idle_.wait(lock, [this] { return !turning_; });
}

void Runner::assign(std::set<PartitionId> partitions, bool goes_on) {
  {
    const std::lock_guard lock(mutex_);
    // What an assignment that was not followed yet took away was others' meanwhile.
    goes_on_ = goes_on_ && goes_on && !assigned_;
    assigned_ = std::move(partitions);
    metrics_.suspended = suspended_ = false;
  }
  wake_.notify_all();
}

void Runner::arrive(PartitionId partition, std::uint64_t session, Submission submission) {
  HUB_ASSERT(submission.offset.has_value());
  {
    std::unique_lock lock(mutex_);
    const auto has_room = [this] { return stopping_ || queue_.size() < kArrivedMax; };
    const auto place = commands_.find(partition);
    if (stopping_ || place == commands_.end() || place->second.session != session || place->second.missed) return;
    const bool has_come_in = idle_.wait_for(lock, kRoomPatience, has_room);
    // What was true before the wait need not be any more.
    const auto now = commands_.find(partition);
    if (stopping_ || now == commands_.end() || now->second.session != session) return;
    if (!has_come_in) {
      now->second.missed = missed_any_ = true;
      return;
    }
    now->second.arrived = *submission.offset + 1;
    queue_.push_back(std::move(submission));
    metrics_.queued = queue_.size();
  }
  wake_.notify_one();
}

bool Runner::follow_assignment() {
  std::optional<std::set<PartitionId>> fresh;
  bool goes_on = true;
  {
    const std::lock_guard lock(mutex_);
    fresh.swap(assigned_);
    if (fresh) goes_on = std::exchange(goes_on_, true);
  }
  if (fresh) {
    wanted_ = std::move(*fresh);
    // What was claimed meanwhile may have been others' since.
    if (unsettled_) unsettled_->claimed.clear();
    std::vector<PartitionId> others;
    for (const auto& [partition, head] : heads_)
      if (!goes_on || wanted_.count(partition) == 0) others.push_back(partition);
    for (const auto partition : others) {
      logging::write(logging::Level::info, "a partition is let go of", {{"partition", partition}});
      disown(partition);
    }
    // What stays is gone on with where it was: nobody else has had it.
    for (const auto& [partition, head] : heads_) begin_commands(partition, std::nullopt);
    failed_claims_.clear();
  }
  read_what_was_missed();
  return own_some();
}

/// What found no room is read again when there is some.
void Runner::read_what_was_missed() {
  std::vector<PartitionId> partitions;
  {
    const std::lock_guard lock(mutex_);
    if (!missed_any_ || queue_.size() > kArrivedMax / 2) return;
    missed_any_ = false;
    for (const auto& [partition, commands] : commands_)
      if (commands.missed) partitions.push_back(partition);
  }
  for (const auto partition : partitions) begin_commands(partition, std::nullopt);
}

/// Each partition that is owned looks through the whole record for messages; those that are owned together do it once.
bool Runner::own_some() {
  if (!next_to_claim()) return false;
  const auto begun = options_.clock();
  while (own_missing())
    if (stopping_ || options_.clock() - begun >= kClaimsPatience) break;
  return true;
}

void Runner::set_host(std::string host, bool attached) {
  {
    const std::lock_guard lock(mutex_);
    host_changes_.emplace_back(std::move(host), attached);
  }
  wake_.notify_all();
}

void Runner::follow_hosts() {
  std::vector<std::pair<std::string, bool>> changes;
  {
    const std::lock_guard lock(mutex_);
    changes.swap(host_changes_);
  }
  bool more = false;
  for (const auto& [host, attached] : changes) {
    if (attached)
      agenda_.attach(host);
    else
      agenda_.detach(host);
    more = more || attached;
  }
  // Of what others own only that was taken on which was to be done here then.
  if (!more) return;
  for (const auto partition : followed_)
    if (!owns(partition)) load_agenda(partition);
}

/// settle() claims it.
bool Runner::is_in_doubt(PartitionId partition) const {
  return unsettled_ && std::any_of(unsettled_->batches.begin(), unsettled_->batches.end(),
                                   [&](const log::BatchPtr& batch) { return batch->partition == partition; });
}

bool Runner::may_claim(PartitionId partition) const {
  return log_.inputs() == nullptr || wanted_.count(partition) > 0;
}

/// Of what is assigned and not owned, the one whose last attempt to claim it is longest ago; nothing when all have just
/// been tried.
std::optional<PartitionId> Runner::next_to_claim() const {
  const auto now = failed_claims_.empty() ? Instant{} : options_.clock();
  std::optional<PartitionId> next;
  Instant next_at;
  for (const auto partition : wanted_) {
    if (owns(partition) || is_in_doubt(partition)) continue;
    const auto failed = failed_claims_.find(partition);
    const auto at = failed == failed_claims_.end() ? Instant{} : failed->second.next;
    // A clock that was set back keeps nobody waiting.
    if (at > now && at - now <= kClaimEvery) continue;
    if (next && next_at <= at) continue;
    next = partition;
    next_at = at;
  }
  return next;
}

/// One that cannot be had does not keep the others back. Also while a batch is in doubt: two nodes that have swapped
/// partitions would wait for each other's claims for ever. False: there was nothing to claim.
bool Runner::own_missing() {
  const auto missing = next_to_claim();
  if (!missing) return false;
  const auto owned = own(*missing);
  if (!owned) {
    claim_failed(*missing, owned.error());
    return true;
  }
  failed_claims_.erase(*missing);
  logging::write(logging::Level::info, "a partition is owned",
                 {{"partition", *missing}, {"epoch", heads_.at(*missing).epoch}});
  return true;
}

/// Said once for each reason, and then now and then while it lasts.
void Runner::claim_failed(PartitionId partition, const Failure& failure) {
  const auto now = options_.clock();
  auto& failed = failed_claims_[partition];
  failed.next = now + kClaimEvery;
  if (failed.told == failure.code && failed.told_at <= now && now - failed.told_at < kToldEvery) return;
  failed.told = failure.code;
  failed.told_at = now;
  logging::write(logging::Level::warning, "a partition cannot be claimed now",
                 {{"partition", partition}, {"code", failure.code}, {"why", failure.detail}});
}

/// Reads its commands on from `from`, and what came already from there on comes again; or from where they have got to.
void Runner::begin_commands(PartitionId partition, std::optional<std::uint64_t> from) {
  auto* inputs = log_.inputs();
  if (inputs == nullptr) return;
  std::uint64_t session = 0, offset = 0;
  {
    const std::lock_guard lock(mutex_);
    auto& commands = commands_[partition];
    session = ++last_session_;
    // Looked at under this lock: one that arrives now belongs to one session or the other.
    offset = from.value_or(commands.arrived);
    // What waits in the queue lies before `offset`, or comes again.
    const bool goes_on = commands.session != 0 && commands.arrived == offset;
    if (!goes_on) drop_queued(partition);
    commands = {session, offset, goes_on ? commands.taken : offset};
  }
  const auto begun = inputs->begin(partition, session, offset);
  if (begun <= offset) return;
  // Commands that are lost were left behind: that is recorded at once, so that nobody is asked about them again.
  const std::lock_guard lock(mutex_);
  auto& commands = commands_[partition];
  commands.taken = std::max(commands.taken, begun);
  unread_.insert(partition);
}

void Runner::drop_arrived(PartitionId partition) {
  const std::lock_guard lock(mutex_);
  if (commands_.erase(partition) > 0) drop_queued(partition);
}

/// Needs `mutex_`.
void Runner::drop_queued(PartitionId partition) {
  std::erase_if(queue_, [&](const Submission& waiting) {
    return waiting.offset && partition_of(waiting.input.entity, partition_count()) == partition;
  });
  metrics_.queued = queue_.size();
}

std::vector<log::Consumed> Runner::consumed(PartitionId partition) {
  auto consumed = feed_.positions(partition);
  if (log_.inputs() == nullptr) return consumed;
  const std::lock_guard lock(mutex_);
  consumed.push_back({std::string(log::kCommandsSource), commands_[partition].taken});
  return consumed;
}

}  // namespace hub::engine
