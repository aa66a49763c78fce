#pragma once
#include <vector>

#include "events/core/ids.hpp"
#include "events/core/instant.hpp"

namespace hub::simulation {

class World;

/// The group that gives partitions to nodes. It believes a node to be dead that it has not heard for a session timeout,
/// so it gives away what a paused one still thinks it owns.
class Coordinator {
 public:
  static constexpr Duration kSessionTimeout = milliseconds(500);

  Coordinator(World& world, std::uint32_t partitions);

  void begin();
  void heard(std::size_t node);
  /// Gives a partition to another node that is believed alive.
  void move(PartitionId partition);
  std::size_t owner(PartitionId partition) const { return owners_[partition]; }

 private:
  void look();
  void give(PartitionId partition, std::size_t to);
  std::vector<std::size_t> believed_alive() const;

  World& world_;
  std::vector<std::size_t> owners_;
  std::vector<Instant> heard_at_;
};

}  // namespace hub::simulation
