#include "adapters/agents/line_sender.hpp"

#include <pthread.h>

namespace hub::agents {
namespace {

std::size_t bytes_of(const std::vector<providers::LogLine>& lines) {
  std::size_t bytes = 0;
  for (const auto& line : lines) bytes += line.text.size();
  return bytes;
}

}  // namespace

LineSender::LineSender(providers::Provider& provider, Send send)
    : provider_(provider), send_(std::move(send)), thread_([this] { work(); }) {
  pthread_setname_np(thread_.native_handle(), "hub-lines");
}

LineSender::~LineSender() {
  stop();
}

void LineSender::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LineSender::connected(const std::vector<std::string>& deployments) {
  {
    const std::lock_guard lock(mutex_);
    ++connection_;
    connected_ = true;
    sendings_.clear();
    ready_.clear();
    unkept_bytes_ = 0;
    for (const auto& deployment : deployments) queue(deployment);
  }
  wake_.notify_all();
}

void LineSender::cut() {
  const std::lock_guard lock(mutex_);
  ++connection_;
  connected_ = false;
  sendings_.clear();
  ready_.clear();
  unkept_bytes_ = 0;
}

/// Needs the lock.
void LineSender::queue(const std::string& deployment) {
  auto& sending = sendings_[deployment];
  if (sending.queued) return;
  sending.queued = true;
  ready_.push_back(deployment);
}

void LineSender::grown(const std::string& deployment) {
  {
    const std::lock_guard lock(mutex_);
    if (!connected_) return;
    queue(deployment);
  }
  wake_.notify_all();
}

void LineSender::kept(const std::string& deployment, std::uint64_t seq) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = sendings_.find(deployment);
    if (!connected_ || found == sendings_.end() || !found->second.under_way) return;
    auto& sending = found->second;
    sending.kept = seq;
    sending.under_way = false;
    unkept_bytes_ -= std::exchange(sending.bytes, 0);
    queue(deployment);
  }
  wake_.notify_all();
}

void LineSender::removed(const std::string& deployment) {
  std::unique_lock lock(mutex_);
  // What came behind the word that it is gone would be kept for ever on the other side.
  sent_.wait(lock, [&] { return sending_now_ != deployment; });
  const auto found = sendings_.find(deployment);
  if (found == sendings_.end()) return;
  unkept_bytes_ -= found->second.bytes;
  std::erase(ready_, deployment);
  sendings_.erase(found);
}

void LineSender::behind(const std::string& deployment, std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    if (!connected_) return;
    sendings_[deployment].waiting.push_back(std::move(then));
    queue(deployment);
  }
  wake_.notify_all();
}

void LineSender::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || (!ready_.empty() && unkept_bytes_ < kUnkeptBytesMax); });
    if (stopping_) return;
    const auto deployment = std::move(ready_.front());
    ready_.pop_front();
    sendings_[deployment].queued = false;
    if (!sendings_[deployment].under_way) send_next(deployment, lock);
  }
}

void LineSender::send_next(const std::string& deployment, std::unique_lock<std::mutex>& lock) {
  const auto connection = connection_;
  auto& asking = sendings_[deployment];
  if (!asking.kept) {
    asking.under_way = true;
    return give({deployment, {}}, lock);
  }
  providers::LogQuery query;
  query.after = asking.kept;
  query.limit = telemetry::kLinesPerMessage;
  // Who waits now waits for lines that are there now.
  auto waiting = std::move(asking.waiting);
  asking.waiting.clear();
  lock.unlock();
  auto page = provider_.logs(deployment, query);
  auto lines = page ? std::move(page.value().lines) : std::vector<providers::LogLine>{};
  lines.resize(telemetry::lines_in_a_message(lines));
  if (lines.empty())
    for (const auto& then : waiting) then();
  lock.lock();
  const auto found = sendings_.find(deployment);
  if (lines.empty() || connection != connection_ || found == sendings_.end()) return;
  auto& sending = found->second;
  sending.waiting.insert(sending.waiting.begin(), waiting.begin(), waiting.end());
  sending.under_way = true;
  sending.bytes = bytes_of(lines);
  unkept_bytes_ += sending.bytes;
  give({deployment, telemetry::to_line_json(lines)}, lock);
}

void LineSender::give(const Lines& lines, std::unique_lock<std::mutex>& lock) {
  sending_now_ = lines.deployment;
  lock.unlock();
  send_(lines);
  lock.lock();
  sending_now_.clear();
  sent_.notify_all();
}

}  // namespace hub::agents
