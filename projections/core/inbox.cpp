#include "projections/core/inbox.hpp"

#include <utility>

namespace hub::projections {
namespace {

std::size_t bytes_of(const log::Batch& batch) {
  std::size_t bytes = sizeof(log::Batch);
  for (const auto& record : batch.records) bytes += sizeof record + record.data.size();
  return bytes;
}

}  // namespace

void Inbox::push(const std::vector<log::BatchPtr>& batches) {
  std::size_t bytes = 0;
  for (const auto& batch : batches) bytes += bytes_of(*batch);
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.dropped || bytes_ + bytes > bytes_max_) {
      waiting_.dropped = true;
    } else {
      bytes_ += bytes;
      waiting_.batches.insert(waiting_.batches.end(), batches.begin(), batches.end());
    }
  }
  arrived_.notify_one();
}

bool Inbox::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.stopped) return false;
    waiting_.jobs.push_back(std::move(job));
  }
  arrived_.notify_one();
  return true;
}

void Inbox::stop() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.stopped = true;
  }
  arrived_.notify_one();
}

Inbox::Taken Inbox::take(std::optional<std::chrono::steady_clock::time_point> due) {
  std::unique_lock lock(mutex_);
  const auto something = [&] {
    return waiting_.stopped || waiting_.dropped || !waiting_.batches.empty() || !waiting_.jobs.empty();
  };
  if (due)
    arrived_.wait_until(lock, *due, something);
  else
    arrived_.wait(lock, something);
  Taken taken = std::exchange(waiting_, Taken{});
  waiting_.stopped = taken.stopped;
  bytes_ = 0;
  return taken;
}

std::vector<log::BatchPtr> Inbox::take_batches() {
  const std::lock_guard lock(mutex_);
  bytes_ = 0;
  return std::exchange(waiting_.batches, {});
}

}  // namespace hub::projections
