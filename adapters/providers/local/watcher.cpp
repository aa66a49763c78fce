#include "adapters/providers/local/watcher.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>

#include "adapters/providers/local/supervisor_link.hpp"
#include "events/core/result.hpp"

namespace hub::providers::local {
namespace {

constexpr int kEventsMax = 64;

void add_to(const Fd& epoll, int fd, std::uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  HUB_ASSERT(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0);
}

}  // namespace

Watcher::Watcher() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  HUB_ASSERT(epoll_.is_open() && wake_.is_open());
  add_to(epoll_, wake_.get(), 0);
  thread_ = std::thread([this] { run(); });
}

Watcher::~Watcher() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

void Watcher::watch(std::shared_ptr<const Fd> socket, Handler handler) {
  const std::lock_guard lock(mutex_);
  const auto key = next_key_++;
  const int fd = socket->get();
  watched_[key] = std::make_shared<const Watched>(Watched{std::move(socket), std::move(handler)});
  add_to(epoll_, fd, key);
}

void Watcher::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  ::eventfd_write(wake_.get(), 1);
}

void Watcher::run() {
  for (;;) {
    epoll_event events[kEventsMax];
    const int ready = ::epoll_wait(epoll_.get(), events, kEventsMax, -1);
    HUB_ASSERT(ready >= 0 || errno == EINTR);
    for (int i = 0; i < ready; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (is_stopping_) return;
      }
      if (events[i].data.u64 == 0)
        run_tasks();
      else
        handle(events[i].data.u64);
    }
  }
}

void Watcher::run_tasks() {
  eventfd_t count = 0;
  ::eventfd_read(wake_.get(), &count);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

void Watcher::handle(std::uint64_t key) {
  std::shared_ptr<const Watched> watched;
  {
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(key);
    if (found == watched_.end()) return;
    watched = found->second;
  }
  const auto message = receive_message(*watched->socket);
  if (!message) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watched->socket->get(), nullptr);
    const std::lock_guard lock(mutex_);
    watched_.erase(key);
  }
  watched->handler(message ? &*message : nullptr);
}

}  // namespace hub::providers::local
