#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "events/log/log.hpp"

namespace hub::server {

/// Who owns each partition, as the claims of the log say: those of before this was made, and each as it comes. Safe
/// from any thread.
class Claims {
 public:
  struct Owner {
    std::string node;  ///< empty: nobody has claimed it, or its claim is not kept any more
    Epoch epoch = 0;
    Instant since;
  };
  /// Reads as many batches as the logarithm of what a partition holds.
  explicit Claims(log::Log& log);
  ~Claims();
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;

  std::vector<Owner> owners() const;

 private:
  void take(const log::Batch& batch);
  void find(PartitionId partition);

  log::Log& log_;
  mutable std::mutex mutex_;
  std::vector<Owner> owners_;
  std::uint64_t watcher_ = 0;
};

}  // namespace hub::server
