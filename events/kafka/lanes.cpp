#include "events/kafka/lanes.hpp"

#include <algorithm>

namespace hub::kafka {

Lanes::Lanes(const Brokers& brokers, const std::string& name, std::size_t count) : lanes_(count) {
  for (std::size_t i = 0; i < count; ++i)
    lanes_[i].producers = std::make_unique<TurnOfTwo>(brokers, name + "-" + std::to_string(i));
}

std::vector<std::string> Lanes::ids() const {
  std::vector<std::string> ids;
  for (const auto& lane : lanes_) ids.insert(ids.end(), lane.producers->ids().begin(), lane.producers->ids().end());
  return ids;
}

std::uint64_t Lanes::recycled() const {
  std::uint64_t recycled = 0;
  for (const auto& lane : lanes_) recycled += lane.producers->recycled();
  return recycled;
}

Result<bool> Lanes::renew() {
  bool any = false;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    {
      std::unique_lock lock(mutex_);
      freed_.wait(lock, [&] { return !lanes_[i].taken; });
      lanes_[i].taken = true;
    }
    const Taken lane(*this, i, *lanes_[i].producers);
    HUB_TRY(const bool made, lane->renew());
    any = any || made;
  }
  return any;
}

Lanes::Taken Lanes::take() {
  std::unique_lock lock(mutex_);
  const auto free = [this] {
    return std::find_if(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return !lane.taken; });
  };
  freed_.wait(lock, [&] { return free() != lanes_.end(); });
  const auto lane = free();
  const auto index = static_cast<std::size_t>(lane - lanes_.begin());
  lane->taken = true;
  return {*this, index, *lane->producers};
}

void Lanes::give_back(std::size_t index) {
  {
    const std::lock_guard lock(mutex_);
    lanes_[index].taken = false;
  }
  freed_.notify_all();
}

}  // namespace hub::kafka
