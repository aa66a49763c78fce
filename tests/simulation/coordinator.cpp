#include "tests/simulation/coordinator.hpp"

#include "tests/simulation/world.hpp"

namespace hub::simulation {
namespace {

constexpr Duration kLookEvery = milliseconds(100);
/// A node hears late that it has lost a partition: until then two believe that they own it.
constexpr Duration kNewsMax = milliseconds(150);

}  // namespace

Coordinator::Coordinator(World& world, std::uint32_t partitions) : world_(world), owners_(partitions) {}

void Coordinator::begin() {
  heard_at_.assign(world_.nodes().size(), world_.now());
  for (PartitionId partition = 0; partition < owners_.size(); ++partition) {
    owners_[partition] = partition % world_.nodes().size();
    world_.nodes()[owners_[partition]]->assign(partition);
  }
  look();
}

void Coordinator::heard(std::size_t node) {
  heard_at_[node] = world_.now();
}

std::vector<std::size_t> Coordinator::believed_alive() const {
  std::vector<std::size_t> alive;
  for (std::size_t node = 0; node < heard_at_.size(); ++node)
    if (world_.now() - heard_at_[node] < kSessionTimeout) alive.push_back(node);
  return alive;
}

void Coordinator::look() {
  const auto alive = believed_alive();
  for (PartitionId partition = 0; partition < owners_.size() && !alive.empty(); ++partition)
    if (world_.now() - heard_at_[owners_[partition]] >= kSessionTimeout)
      give(partition, alive[world_.random().below(alive.size())]);
  world_.after(kLookEvery, [this] { look(); });
}

void Coordinator::move(PartitionId partition) {
  const auto alive = believed_alive();
  if (!alive.empty()) give(partition, alive[world_.random().below(alive.size())]);
}

void Coordinator::give(PartitionId partition, std::size_t to) {
  const auto from = owners_[partition];
  if (from == to) return;
  ++world_.figures().moves;
  world_.note("partition " + std::to_string(partition) + " goes from node " + std::to_string(from) + " to " +
              std::to_string(to));
  owners_[partition] = to;
  auto& random = world_.random();
  // The news overtake each other, so what a node does is what the group says when it hears.
  const auto tell = [this, partition](std::size_t node) {
    if (owners_[partition] == node)
      world_.nodes()[node]->assign(partition);
    else
      world_.nodes()[node]->revoke(partition);
  };
  world_.after(random.between({}, kNewsMax), [tell, from] { tell(from); });
  world_.after(random.between({}, kNewsMax), [tell, to] { tell(to); });
}

}  // namespace hub::simulation
