#include "adapters/providers/local/metrics_thread.hpp"

#include <algorithm>
#include <chrono>

namespace hub::providers::local {
namespace {

std::int64_t steady_micros() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

MetricsThread::MetricsThread(SampleIntervals intervals, const Nvml* nvml, Running running, Sink sink)
    : intervals_(intervals), sampler_(nvml), running_(std::move(running)), sink_(std::move(sink)) {
  thread_ = std::thread([this] { run(); });
}

MetricsThread::~MetricsThread() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MetricsThread::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_all();
}

void MetricsThread::run() {
  for (;;) {
    const auto next = pass(steady_micros());
    std::unique_lock lock(mutex_);
    const auto is_called = [this] { return is_stopping_ || is_woken_; };
    if (next == INT64_MAX)
      changed_.wait(lock, is_called);  // nothing runs: no reason to wake
    else
      changed_.wait_for(lock, std::chrono::microseconds(std::max<std::int64_t>(next - steady_micros(), 0)), is_called);
    if (is_stopping_) return;
    is_woken_ = false;
  }
}

std::int64_t MetricsThread::pass(std::int64_t now) {
  const auto running = running_();
  std::vector<SampleTarget> due;
  std::map<std::string, std::int64_t> last;
  std::int64_t next = INT64_MAX;
  for (const auto& run : running) {
    const auto interval = run.is_watched ? intervals_.watched : intervals_.usual;
    const auto found = last_.find(run.target.id);
    auto at = found == last_.end() ? now - interval.micros : found->second;
    // A little early counts as due, so that what runs falls into step and is sampled together.
    if (now - at >= interval.micros - interval.micros / 8) {
      due.push_back(run.target);
      at = now;
    }
    last[run.target.id] = at;
    next = std::min(next, at + interval.micros);
  }
  for (const auto& entry : last_)
    if (last.count(entry.first) == 0) sampler_.forget(entry.first);
  last_ = std::move(last);
  const auto samples = sampler_.sample(due);
  for (std::size_t i = 0; i < due.size(); ++i) sink_(due[i].id, samples[i]);
  return next;
}

}  // namespace hub::providers::local
