#pragma once
#include <filesystem>

#include "events/log/log.hpp"

namespace hub::log {

struct MirrorOptions {
  std::filesystem::path folder;  ///< DIR/log and nothing else
  std::uint32_t partitions = 16;
  std::uint64_t incarnation = 0;           ///< of the log that is copied
  std::size_t memory_bytes_max = 8 << 20;  ///< write buffers
};

/// A batch, and what the reader of the source must know to go on behind it; the mirror only keeps it.
struct Arrival {
  BatchPtr batch;
  std::string resume;
};

/// What one machine keeps of a log that lies elsewhere, in the format of the embedded log: history, resume and `at=`
/// read it, and whatever verifies a folder verifies it. It is not synced: what a power cut takes is fetched again.
/// Reads are safe from any thread; take() from one at a time for each partition.
class Mirror {
 public:
  virtual ~Mirror() = default;

  virtual Head head(PartitionId partition) = 0;
  /// Arrival::resume of the batch at the head; empty before the first.
  virtual std::string resume(PartitionId partition) = 0;

  /// Keeps batches of one partition, each sealed by this process or verified whole on its way here. Fails: internal
  /// `log.corrupt` when one does not follow the head; then those before it are kept.
  virtual Result<void> take(const std::vector<Arrival>& arrivals) = 0;

  // As those of Log.
  virtual Result<std::vector<BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) = 0;
  virtual Result<std::vector<EntityRecord>> history(std::string_view entity, Version from, std::size_t count_max) = 0;
  virtual Result<Seq> seq_at(PartitionId partition, Instant at) = 0;
  virtual std::unique_ptr<IndexCheck> check_indexes() = 0;
};

/// From then on open_embedded_log opens the folder for reading only. Fails: as open_store; conflict `log.other` when
/// the folder holds another log, `log.not_a_copy` when it holds this one and is no copy of it.
Result<std::unique_ptr<Mirror>> open_mirror(const MirrorOptions& options);

}  // namespace hub::log
