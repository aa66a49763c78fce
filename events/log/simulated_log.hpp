#pragma once
#include <deque>
#include <map>
#include <random>

#include "events/log/log.hpp"
#include "events/log/simulated_group.hpp"

namespace hub::log {

/// What goes wrong, drawn from the seed: chances of 0 to 1 for each append or delivery.
struct SimulatedFaults {
  double unknown = 0;        ///< append answers unknown: not written, written, or written when the next owner claims
  double claim_refused = 0;  ///< claim answers unavailable and did nothing
  Duration delay_max{};      ///< until the watchers of other nodes are told
};

/// A batch that arrives in parts.
enum class Tear {
  record_lost,  ///< one record in the middle of it is missing
  front_lost,   ///< its first record is missing
  end_changed,  ///< the end says another count
  batch_lost,   ///< all of it is missing while later ones are there
};

class SimulatedNode;

/// The storage that several nodes share, in memory, for deterministic tests: one thread, a virtual clock, faults from a
/// seed. The same seed and calls give the same answers and bytes. It outlives its nodes; what was committed survives
/// any of them.
class SimulatedLog {
 public:
  explicit SimulatedLog(std::uint64_t seed, std::uint32_t partitions = 16);
  SimulatedLog(const SimulatedLog&) = delete;
  SimulatedLog& operator=(const SimulatedLog&) = delete;

  /// One node's handle. A crash of the node is the end of its handle. What others append it reads when its watchers are
  /// told of it. Under a name it has inputs(), and once those are started it writes what the group lets it write.
  std::unique_ptr<Log> open(std::string instance = {});
  SimulatedGroup& group() { return group_; }

  void set_faults(const SimulatedFaults& faults) { faults_ = faults; }
  /// For going through every point of a script: the append that comes after `skipped` more answers unknown, and is
  /// written or not.
  void fail_append(std::uint64_t skipped, bool written);
  /// Damages the batch that holds `seq`; readers of it must say log.corrupt.
  void tear(Position position, Tear how);

  /// The virtual clock; it never goes back. Moving it tells the watchers what is due.
  Instant now() const { return now_; }
  void advance_to(Instant now);
  /// When something is due to be told; not set when nothing is.
  Instant next_delivery() const;
  /// Appends that were asked for so far, whatever came of them.
  std::uint64_t appends() const { return appends_; }

 private:
  friend class SimulatedNode;
  struct Stored {
    Digest link;
    BatchPtr batch;
    std::size_t bytes = 0;
    bool verified = false;
  };
  struct Partition {
    std::deque<Stored> batches;
    Head head;
  };
  struct Place {
    PartitionId partition;
    std::size_t batch;
    Seq first;
    std::size_t record;
  };

  bool chance(double probability);
  bool all_continue(const std::vector<BatchPtr>& batches) const;
  void commit(const std::vector<BatchPtr>& batches, const SimulatedNode* told);
  /// The one that came to nothing yet lands or is lost for ever.
  void settle_in_flight();
  Append append(const std::vector<BatchPtr>& batches, SimulatedNode& node);
  Append answer_unknown(const std::vector<BatchPtr>& batches);
  Result<Head> claim(PartitionId partition, std::string_view name, SimulatedNode& node);
  Partition& at(PartitionId partition);
  /// How much of a partition a node has heard of.
  struct Seen {
    std::size_t batches = 0;
    Head head;
  };
  Result<std::vector<BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max, const Seen& seen);
  Result<std::vector<EntityRecord>> history(std::string_view entity, Version from, std::size_t count_max,
                                            const std::vector<Seen>& seen);
  std::optional<Failure> verify(PartitionId partition, std::size_t index);

  std::mt19937_64 random_;
  std::uint64_t incarnation_;
  std::vector<Partition> partitions_;
  std::map<std::string, std::map<Version, Place>, std::less<>> entities_;
  std::vector<SimulatedNode*> nodes_;
  std::vector<std::vector<BatchPtr>> in_flight_;
  SimulatedFaults faults_;
  std::optional<std::pair<std::uint64_t, bool>> failing_append_;
  std::uint64_t appends_ = 0;
  Instant now_{1'700'000'000'000'000};
  SimulatedGroup group_;
};

}  // namespace hub::log
