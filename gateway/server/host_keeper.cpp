#include "gateway/server/host_keeper.hpp"

#include <pthread.h>
#include <unistd.h>

#include "adapters/hosts/host_input.hpp"

namespace hub::server {
namespace {

constexpr int kTimesWithinLease = 3;

}  // namespace

hosts::OfferHost this_host(const std::string& name, providers::Provider& provider) {
  hosts::OfferHost offer;
  offer.name = name;
  offer.cpus = static_cast<std::int32_t>(std::thread::hardware_concurrency());
  offer.memory_bytes = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  if (const auto offers = provider.offers())
    for (const auto& each : offers.value())
      if (each.gpu_count > 0) offer.gpus.push_back({each.gpu_model, each.gpu_count});
  return offer;
}

HostKeeper::HostKeeper(engine::Engine& engine, hosts::OfferHost offer, Running running)
    : engine_(engine), offer_(std::move(offer)), running_(std::move(running)), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "hub-host");
}

HostKeeper::~HostKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void HostKeeper::run() {
  const std::chrono::microseconds every(offer_.lease.micros / kTimesWithinLease);
  std::unique_lock lock(mutex_);
  do {
    lock.unlock();
    if (*offered_)
      send(hosts::KeepHost{running_()});
    else
      send(offer_);
    lock.lock();
  } while (!wake_.wait_for(lock, every, [this] { return stopping_; }));
}

void HostKeeper::send(const hosts::HostCommand& command) {
  auto input = hosts::host_input(offer_.name, command, wall_now() + offer_.lease);
  // What is refused now, or answered by nobody, is said again at the next turn.
  static_cast<void>(engine_.submit(std::move(input), [offered = offered_](const engine::Reply& reply) {
    *offered = !reply.refusal && !reply.pending;
  }));
}

}  // namespace hub::server
