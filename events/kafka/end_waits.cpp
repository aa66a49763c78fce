#include "events/kafka/end_waits.hpp"

#include <pthread.h>

#include <algorithm>

namespace hub::kafka {
namespace {

/// Behind a question that was not answered.
constexpr std::chrono::milliseconds kBehindFailure{100};
constexpr std::int64_t kRetryAfterMs = 1'000;
/// Those who have waited too long are told a few times a second, all at once.
using Grain = std::chrono::duration<std::int64_t, std::deci>;

Failure behind() {
  auto failure = unavailable("log.behind", "this node has not read all that was written by now; try again");
  failure.retry_after_ms = kRetryAfterMs;
  return failure;
}

}  // namespace

EndWaits::EndWaits(const std::vector<std::int64_t>& next, Duration patience, Ask ask)
    : patience_(patience), ask_(std::move(ask)), places_(next.size()) {
  for (std::size_t i = 0; i < next.size(); ++i) places_[i].next = places_[i].reach = next[i];
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "hub-kafka-ends");
}

EndWaits::~EndWaits() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void EndWaits::read_to(PartitionId partition, std::int64_t next, Behind behind) {
  auto& place = places_.at(partition);
  if (next <= place.next) return;
  // What is read is committed, so a mark lies behind it: a partition that is one offset longer ends with that. In front
  // of what is still open there is none.
  place.reach = behind == Behind::record ? next + 1 : next;
  place.next = next;
  if (waiting_ == 0) return;
  const std::lock_guard lock(mutex_);
  finish_rounds(place, next);
  if (!news_.empty() || wants_question(place)) wake_.notify_one();
}

void EndWaits::when_read(const std::vector<PartitionId>& partitions, Told told) {
  if (partitions.empty()) return told(success());
  // Counted before anything is looked at, so that what is read from now on is told of.
  if (waiting_.fetch_add(1) >= kEndWaitsMax) {
    --waiting_;
    return told(behind());
  }
  auto waiter = std::make_shared<Waiter>();
  waiter->parts_left = partitions.size();
  waiter->deadline = std::chrono::ceil<Grain>(Clock::now() + std::chrono::microseconds(patience_.micros));
  waiter->told = std::move(told);
  const std::lock_guard lock(mutex_);
  for (const auto partition : partitions) places_.at(partition).unasked.push_back(waiter);
  in_order_.push_back(std::move(waiter));
  wake_.notify_one();
}

void EndWaits::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    give_up(Clock::now());
    const bool wants = wants_question();
    if (!news_.empty())
      tell(lock);
    else if (wants && Clock::now() >= next_question_)
      ask(lock);
    else if (wants || !in_order_.empty())
      wake_.wait_until(lock, wants ? next_question_ : in_order_.front()->deadline);
    else
      wake_.wait(lock);
  }
  give_up(Clock::time_point::max());
  tell(lock);
}

bool EndWaits::wants_question(const Place& place) {
  if (!place.unasked.empty()) return true;
  // It may be that only a mark is missing, and marks do not come: what lies there is looked at again.
  return !place.rounds.empty() && place.reach >= place.rounds.front().end && place.reach != place.asked_at;
}

bool EndWaits::wants_question() const {
  return waiting_ > 0 &&
         std::any_of(places_.begin(), places_.end(), [](const Place& place) { return wants_question(place); });
}

std::vector<EndWaits::Asked> EndWaits::begin_question() {
  std::vector<Asked> asked;
  for (PartitionId id = 0; id < places_.size(); ++id) {
    auto& place = places_[id];
    if (!wants_question(place)) continue;
    place.asked_at = place.reach;
    asked.push_back({id, place.asked_at, std::exchange(place.unasked, {})});
  }
  return asked;
}

void EndWaits::ask(std::unique_lock<std::mutex>& lock) {
  auto asked = begin_question();
  std::vector<PartitionId> partitions;
  for (const auto& each : asked) partitions.push_back(each.partition);
  lock.unlock();
  const auto ends = ask_(partitions);
  lock.lock();
  next_question_ = Clock::now() + (ends ? kBetweenQuestions : kBehindFailure);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (ends) {
      take(std::move(asked[i]), ends.value()[i]);
      continue;
    }
    auto& place = places_[asked[i].partition];
    place.asked_at = -1;
    auto& waiters = asked[i].waiters;
    place.unasked.insert(place.unasked.begin(), waiters.begin(), waiters.end());
  }
}

void EndWaits::take(Asked asked, std::int64_t end) {
  auto& place = places_[asked.partition];
  if (!asked.waiters.empty()) {
    if (place.rounds.empty() || place.rounds.back().end < end) place.rounds.push_back({end, {}});
    // A leader that has just changed may answer less than the one before.
    auto& waiters = place.rounds.back().waiters;
    waiters.insert(waiters.end(), asked.waiters.begin(), asked.waiters.end());
  }
  finish_rounds(place, end <= asked.reach ? std::max(end, place.next.load()) : place.next.load());
}

void EndWaits::finish_rounds(Place& place, std::int64_t read_to) {
  while (!place.rounds.empty() && place.rounds.front().end <= read_to) {
    for (const auto& waiter : place.rounds.front().waiters)
      if (--waiter->parts_left == 0 && waiter->told) finish(*waiter, success());
    place.rounds.pop_front();
  }
}

void EndWaits::finish(Waiter& waiter, Result<void> result) {
  news_.push_back({std::exchange(waiter.told, {}), std::move(result)});
  --waiting_;
}

void EndWaits::give_up(Clock::time_point now) {
  bool is_late = false;
  while (!in_order_.empty() && (!in_order_.front()->told || in_order_.front()->deadline <= now)) {
    if (in_order_.front()->told) {
      finish(*in_order_.front(), behind());
      is_late = true;
    }
    in_order_.pop_front();
  }
  if (!is_late) return;
  const auto is_over = [](const std::shared_ptr<Waiter>& waiter) { return !waiter->told; };
  for (auto& place : places_) {
    std::erase_if(place.unasked, is_over);
    for (auto& round : place.rounds) std::erase_if(round.waiters, is_over);
    std::erase_if(place.rounds, [](const Round& round) { return round.waiters.empty(); });
  }
}

void EndWaits::tell(std::unique_lock<std::mutex>& lock) {
  const auto news = std::exchange(news_, {});
  lock.unlock();
  for (const auto& [told, result] : news) told(result);
  lock.lock();
}

}  // namespace hub::kafka
