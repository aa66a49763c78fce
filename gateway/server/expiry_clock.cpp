#include "gateway/server/expiry_clock.hpp"

#include <pthread.h>

namespace hub::server {

ExpiryClock::ExpiryClock(accounts::AccessTable& table) : table_(table) {
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) table_.expire(wall_now());
  });
  pthread_setname_np(thread_.native_handle(), "hub-expiry");
}

ExpiryClock::~ExpiryClock() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

}  // namespace hub::server
