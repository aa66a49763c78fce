#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "actors/engine/engine.hpp"
#include "actors/hosts/host.hpp"
#include "adapters/providers/provider.hpp"

namespace hub::server {

/// What this machine has, as the provider sees it. `lease` is not set.
hosts::OfferHost this_host(const std::string& name, providers::Provider& provider);

/// Offers this machine to the nodes of a shared log, and lets them hear of it three times within its lease, from a
/// thread of its own.
class HostKeeper {
 public:
  /// How many deployments run here.
  using Running = std::function<std::int32_t()>;
  HostKeeper(engine::Engine& engine, hosts::OfferHost offer, Running running);
  ~HostKeeper();
  HostKeeper(const HostKeeper&) = delete;
  HostKeeper& operator=(const HostKeeper&) = delete;

 private:
  void run();
  void send(const hosts::HostCommand& command);

  engine::Engine& engine_;
  const hosts::OfferHost offer_;
  const Running running_;
  std::shared_ptr<std::atomic<bool>> offered_ = std::make_shared<std::atomic<bool>>(false);
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::server
