#include "events/log/simulated_group.hpp"

#include <algorithm>
#include <utility>

namespace hub::log {
namespace {

/// Of one partition at one look around, so that what arrives and what is decided take turns.
constexpr std::uint64_t kReadAtOnceMax = 5;

}  // namespace

SimulatedGroup::SimulatedGroup(std::uint64_t seed, std::uint32_t partitions, Clock now)
    : random_(seed ^ 0x67726f7570ULL), now_(std::move(now)), commands_(partitions) {}

std::unique_ptr<SimulatedInputs> SimulatedGroup::open(std::string instance) {
  return std::make_unique<SimulatedInputs>(*this, std::move(instance));
}

bool SimulatedGroup::chance(double probability) {
  if (probability <= 0) return false;
  return static_cast<double>(random_() >> 11U) * 0x1p-53 < probability;
}

Duration SimulatedGroup::delay() {
  if (faults_.delay_max.micros <= 0) return {};
  return {static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(faults_.delay_max.micros + 1))};
}

// ---- who takes part

void SimulatedGroup::hear(std::string_view instance) {
  // By copy: one that is told to end may end another one.
  for (auto* process : std::vector<SimulatedInputs*>(processes_)) {
    const bool is_there = std::find(processes_.begin(), processes_.end(), process) != processes_.end();
    if (is_there && process->instance_ == instance) look_around(*process);
  }
}

void SimulatedGroup::look_around(SimulatedInputs& process) {
  if (!process.listens_) return;
  catch_up();
  process.tell_senders();
  const auto place = members_.find(process.instance_);
  if (place == members_.end()) {
    // Its session was over before it was heard of again.
    process.revoke();
    take_part(process.instance_, process);
    share_anew();
    return;
  }
  auto& member = place->second;
  if (member.process != &process) {
    process.expel();
    return;
  }
  member.heard = now_();
  if (sharing_ && !member.joined) {
    process.revoke();
    member.joined = true;
    share_out_when_all_joined();
  } else if (!sharing_ && process.generation_ != generation_) {
    process.assign(member, generation_);
  } else {
    process.read_on();
  }
}

void SimulatedGroup::take_part(const std::string& instance, SimulatedInputs& process) {
  auto& member = members_[instance];
  member.id = ++last_id_;
  member.heard = now_();
  member.process = &process;
}

void SimulatedGroup::catch_up() {
  const auto now = now_();
  while (!under_way_.empty() && under_way_.begin()->first <= now) {
    auto& next = under_way_.begin()->second;
    commands_[next.partition].push_back(std::move(next.command));
    under_way_.erase(under_way_.begin());
  }
  const auto is_over = [&](const auto& member) { return now - member.second.heard >= session_; };
  if (std::erase_if(members_, is_over) == 0) return;
  if (sharing_)
    share_out_when_all_joined();
  else
    share_anew();
}

void SimulatedGroup::share_anew() {
  sharing_ = true;
  for (auto& [instance, member] : members_) {
    member.joined = false;
    member.given.clear();
  }
}

void SimulatedGroup::share_out_when_all_joined() {
  const auto has_joined = [](const auto& member) { return member.second.joined; };
  if (!std::all_of(members_.begin(), members_.end(), has_joined)) return;
  sharing_ = false;
  if (members_.empty()) return;
  ++generation_;
  const auto least = commands_.size() / members_.size();
  auto with_one_more = commands_.size() % members_.size();
  PartitionId next = 0;
  for (auto& [instance, member] : members_) {
    const auto count = least + (with_one_more > 0 ? 1 : 0);
    if (with_one_more > 0) --with_one_more;
    for (std::size_t i = 0; i < count; ++i) member.given.push_back(next++);
  }
}

bool SimulatedGroup::may_write(const SimulatedInputs& process) {
  catch_up();
  const auto place = members_.find(process.instance_);
  return place != members_.end() && place->second.process == &process && process.has_place_ &&
         place->second.id == process.member_id_ && process.generation_ == generation_;
}

std::string SimulatedGroup::owner(PartitionId partition) const {
  for (const auto& [instance, member] : members_)
    if (std::find(member.given.begin(), member.given.end(), partition) != member.given.end()) return instance;
  return {};
}

bool SimulatedGroup::is_quiet() const {
  if (sharing_ || !under_way_.empty()) return false;
  for (PartitionId partition = 0; partition < commands_.size(); ++partition) {
    const auto member = members_.find(owner(partition));
    if (member == members_.end() || member->second.process == nullptr) return false;
    const auto& assigned = member->second.process->assigned_;
    const auto place = assigned.find(partition);
    if (place == assigned.end() || !place->second || place->second->next < commands_[partition].size()) return false;
  }
  return true;
}

// ---- what they send each other

Instant SimulatedGroup::send(SimulatedInputs& sender, PartitionId partition, const Command& command) {
  auto& until = sender.sent_until_[partition];
  until = std::max(until, now_() + delay());
  under_way_.emplace(until, UnderWay{partition, command});
  return until;
}

void SimulatedGroup::publish(SimulatedInputs& sender, PartitionId partition, const Command& command,
                             Inputs::Delivered delivered) {
  HUB_ASSERT(partition < commands_.size());
  auto told = now_();
  auto delivery = Delivery::there;
  if (chance(faults_.publish_lost)) {
    delivery = chance(0.5) ? Delivery::unknown : Delivery::not_there;
  } else {
    if (chance(faults_.publish_unknown)) delivery = Delivery::unknown;
    told = send(sender, partition, command);
    if (chance(faults_.publish_twice)) send(sender, partition, command);
  }
  sender.senders_.emplace(told + delay(), std::pair(std::move(delivered), delivery));
  catch_up();
}

// ---- one node

SimulatedInputs::~SimulatedInputs() {
  stop();
  std::erase(group_.processes_, this);
  for (auto& [instance, member] : group_.members_)
    if (member.process == this) member.process = nullptr;
}

Result<void> SimulatedInputs::start(Handler handler) {
  HUB_ASSERT(!started_);
  handler_ = std::move(handler);
  started_ = listens_ = true;
  group_.processes_.push_back(this);
  group_.catch_up();
  // A place that its session still holds is taken over as it is.
  if (group_.members_.find(instance_) != group_.members_.end()) group_.take_part(instance_, *this);
  return success();
}

void SimulatedInputs::stop() {
  listens_ = false;
  for (auto& [due, sender] : std::exchange(senders_, {})) sender.first(Delivery::unknown);
}

void SimulatedInputs::publish(PartitionId partition, const Command& command, Delivered delivered) {
  if (listens_)
    group_.publish(*this, partition, command, std::move(delivered));
  else
    delivered(Delivery::not_there);
}

void SimulatedInputs::revoke() {
  assigned_.clear();
  if (has_place_) handler_.revoked();
  has_place_ = false;
}

void SimulatedInputs::assign(const SimulatedGroup::Member& member, std::uint64_t generation) {
  assigned_.clear();
  for (const auto partition : member.given) assigned_[partition];
  const bool goes_on = member.id == member_id_;
  member_id_ = member.id;
  generation_ = generation;
  has_place_ = true;
  handler_.assigned(member.given, goes_on);
}

void SimulatedInputs::expel() {
  listens_ = has_place_ = false;
  handler_.expelled({FailureKind::conflict, "node.name_taken", "another node takes part under this name", "", 0});
}

void SimulatedInputs::read_on() {
  for (const auto& [partition, reading] : std::exchange(beginnings_, {}))
    if (const auto place = assigned_.find(partition); place != assigned_.end()) place->second = reading;
  for (auto& [partition, reading] : assigned_) {
    if (!reading) continue;
    const auto& there = group_.commands_[partition];
    for (auto count = group_.random_() % (kReadAtOnceMax + 1); count > 0 && reading->next < there.size(); --count) {
      const auto offset = reading->next++;
      handler_.arrived(partition, reading->session, offset, there[offset]);
    }
  }
}

void SimulatedInputs::tell_senders() {
  while (!senders_.empty() && senders_.begin()->first <= group_.now_()) {
    const auto told = std::move(senders_.begin()->second);
    senders_.erase(senders_.begin());
    told.first(told.second);
  }
}

}  // namespace hub::log
