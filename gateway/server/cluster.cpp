#include "gateway/server/cluster.hpp"

#include <algorithm>
#include <map>

namespace hub::server {
namespace {

constexpr double kMicrosPerMs = 1e3;

/// The upper end, in milliseconds, of the range that holds this share of what was counted; 0 when nothing was.
double quantile_ms(const std::vector<std::uint64_t>& counts, std::uint64_t total, double share) {
  if (total == 0) return 0;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i];
    if (static_cast<double>(seen) >= share * static_cast<double>(total))
      return static_cast<double>(kMicrosBounds[std::min(i, kMicrosBounds.size() - 1)]) / kMicrosPerMs;
  }
  return static_cast<double>(kMicrosBounds.back()) / kMicrosPerMs;
}

}  // namespace

routes::ClusterView Cluster::view() const {
  routes::ClusterView view;
  view.node = from_.node;
  view.shared = from_.log.is_shared();
  view.commands_waiting = from_.engine.commands_waiting();
  view.foreign_records = from_.engine.strays();
  if (from_.kafka) {
    view.brokers_away = from_.kafka->away;
    view.silence = from_.kafka->silence();
    view.foreign_records += from_.kafka->foreign_records;
  }
  add_partitions(view);
  add_nodes(view);
  view.transactions = transactions();
  return view;
}

void Cluster::add_partitions(routes::ClusterView& view) const {
  const auto folded = from_.progress.cursor();
  const auto lag = from_.progress.lag(wall_now());
  const auto owners = claims_.owners();
  for (PartitionId id = 0; id < owners.size(); ++id) {
    auto& made = view.partitions.emplace_back();
    const auto head = from_.log.head(id);
    made.partition = id;
    made.owner = owners[id].node;
    made.since = owners[id].since;
    made.epoch = head.epoch;
    made.head = head.seq;
    made.owned_here = !from_.read_only && owners[id].node == from_.node;
    if (from_.kafka) {
      const auto copy = from_.kafka->lag(id);
      made.copy = {copy.records, copy.time};
      if (const auto fault = from_.kafka->fault(id)) made.fault = fault->detail;
    }
    const auto seen = id < folded.seqs.size() ? folded.seqs[id] : 0;
    if (head.seq > seen) made.projections = {head.seq - seen, lag.time};
  }
}

void Cluster::add_nodes(routes::ClusterView& view) const {
  std::map<std::string, routes::NodeView> nodes;
  nodes[from_.node] = {from_.node, started_, 0};
  for (const auto& partition : view.partitions) {
    if (partition.owner.empty()) continue;
    auto& node = nodes[partition.owner];
    node.name = partition.owner;
    ++node.partitions;
    if (node.name != from_.node && (!node.since.is_set() || partition.since < node.since)) node.since = partition.since;
  }
  for (auto& [name, node] : nodes) view.nodes.push_back(std::move(node));
}

routes::TransactionsView Cluster::transactions() const {
  routes::TransactionsView view;
  std::vector<std::uint64_t> counts(kMicrosBounds.size() + 1);
  for (const auto* runner : from_.engine.metrics())
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += runner->append_micros.count(i);
  for (const auto count : counts) view.count += count;
  view.p50_ms = quantile_ms(counts, view.count, 0.5);
  view.p99_ms = quantile_ms(counts, view.count, 0.99);
  if (!from_.kafka) return view;
  view.recycles = from_.kafka->recycled;
  view.fences = from_.kafka->fenced;
  view.voids = from_.kafka->void_records;
  return view;
}

}  // namespace hub::server
