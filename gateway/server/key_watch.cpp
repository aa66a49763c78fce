#include "gateway/server/key_watch.hpp"

#include <pthread.h>

#include <algorithm>

#include "events/core/json.hpp"
#include "events/core/logging.hpp"
#include "events/log/checkpoint.hpp"

namespace hub::server {
namespace {

constexpr int kWaitsMax = 60;

}  // namespace

KeyWatch::KeyWatch(log::Log& log, log::PublicKeys known, Options options)
    : log_(log), options_(std::move(options)), known_(std::move(known)) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "hub-keys");
  watcher_ = log_.watch([this](const std::vector<log::BatchPtr>& batches) { see(batches); });
}

KeyWatch::~KeyWatch() {
  log_.unwatch(watcher_);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Result<void> KeyWatch::update() {
  const std::lock_guard one(updating_);
  HUB_TRY(const auto announced, options_.announced());
  std::unique_lock lock(mutex_);
  auto all = known_;
  lock.unlock();
  all.add(announced);
  HUB_TRY(options_.keep(all));
  lock.lock();
  known_ = std::move(all);
  forget_known();
  return success();
}

void KeyWatch::see(const std::vector<log::BatchPtr>& batches) {
  for (const auto& batch : batches)
    for (const auto& record : batch->records)
      if (record.kind == log::RecordKind::checkpoint) see(record, batch->partition);
}

void KeyWatch::see(const log::Record& record, PartitionId partition) {
  const auto checkpoint = log::parse_checkpoint(record.data);
  if (!checkpoint) return;  // whoever verifies the record names it
  const std::lock_guard lock(mutex_);
  const auto& id = checkpoint.value().key_id;
  if (known_.find(id) != nullptr || strangers_.size() >= kStrangersMax) return;
  if (!strangers_.try_emplace(id, Stranger{{partition, record.seq}, 0}).second) return;
  fresh_ = true;
  wake_.notify_all();
}

void KeyWatch::run() {
  auto wait = options_.wait_first;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !strangers_.empty(); });
    if (stopping_) return;
    if (std::exchange(fresh_, false)) wait = options_.wait_first;
    lock.unlock();
    const auto updated = update();
    lock.lock();
    if (updated)
      count_looks();
    else
      logging::write(logging::Level::warning, "the announced signing keys cannot be read",
                     {{"code", updated.error().code}, {"text", updated.error().detail}});
    if (!strangers_.empty()) wake_.wait_for(lock, wait, [this] { return stopping_ || fresh_; });
    wait = std::min(wait * 2, options_.wait_first * kWaitsMax);
  }
}

void KeyWatch::forget_known() {
  for (auto each = strangers_.begin(); each != strangers_.end();)
    each = known_.find(each->first) != nullptr ? strangers_.erase(each) : std::next(each);
}

void KeyWatch::count_looks() {
  for (auto& [id, stranger] : strangers_)
    if (++stranger.looks == kLooksInVain)
      logging::write(logging::Level::error, "the record is signed by a key that no node has announced",
                     {{"key_id", to_valid_utf8(id)}, {"position", to_text(stranger.first)}});
}

}  // namespace hub::server
