#pragma once
#include <string>
#include <vector>

#include "events/core/ids.hpp"
#include "events/core/instant.hpp"

namespace hub::routes {

/// How far something is behind.
struct LagView {
  std::uint64_t records = 0;
  Duration time;
};

/// One partition as this node sees it.
struct PartitionView {
  PartitionId partition = 0;
  std::string owner;  ///< node of the last claim; empty: nobody has claimed it yet
  Epoch epoch = 0;
  Instant since;  ///< when it was claimed
  Seq head = 0;
  bool owned_here = false;
  std::string fault;    ///< why it is not read any more; empty: it is
  LagView copy;         ///< of this node's copy behind the brokers; none where the log is here
  LagView projections;  ///< of this node's projections behind its copy; their time is that of all partitions
};

/// A node that owns something, or this one.
struct NodeView {
  std::string name;
  Instant since;  ///< of the oldest claim that it holds; of this node, when it started
  std::size_t partitions = 0;
};

/// Batches that this node has written to the log, since it started.
struct TransactionsView {
  std::uint64_t count = 0;
  double p50_ms = 0;  ///< the upper end of the range that it falls into
  double p99_ms = 0;
  std::uint64_t recycles = 0;
  std::uint64_t fences = 0;
  std::uint64_t voids = 0;
};

struct ClusterView {
  std::string node;
  bool shared = false;  ///< several nodes may own partitions
  bool brokers_away = false;
  Duration silence;  ///< how long no broker has said anything; 0 in ordinary times
  std::uint64_t foreign_records = 0;
  std::size_t commands_waiting = 0;  ///< sent from here, and not answered yet
  std::vector<PartitionView> partitions;
  std::vector<NodeView> nodes;
  TransactionsView transactions;
};

}  // namespace hub::routes
