#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>

#include "events/core/result.hpp"

namespace hub::server {

/// Watches the room on the disk of the data folder, so that writers are refused before a write fails. Beside the data
/// lies a ballast file: room that nobody else takes, given free when the databases need it to stop, to start, or to
/// write what they hold in memory while the disk is full. Any thread.
class DiskGuard {
 public:
  struct Room {
    bool full = false;
    std::int64_t free_bytes = 0;
    std::int64_t refuse_below_bytes = 0;
    std::int64_t resume_from_bytes = 0;
  };

  /// Makes the ballast (an eighth of the disk, 16 to 64 MiB) when there is room for it; gives it free when there is
  /// none, so that what comes next can start. Without `writes` it only looks, and there is always room.
  /// Until its end it makes room for databases whose writes find none (rocks::give_way_with).
  explicit DiskGuard(const std::filesystem::path& folder, bool writes = true);
  DiskGuard(const DiskGuard&) = delete;
  DiskGuard& operator=(const DiskGuard&) = delete;
  ~DiskGuard();

  /// True when writers may go on. Costs one look at the file system; asked before each batch.
  bool has_room();
  /// As has_room() saw it last, with the free bytes of now.
  Room room() const;
  /// Gives the ballast free. It is made again when there is room.
  void release();

 private:
  /// A write has found no room: refuses writers and gives the ballast free.
  void give_way();
  std::int64_t free_bytes() const;
  bool make_ballast();
  void set_full(bool full, std::int64_t free);

  const std::filesystem::path folder_;
  const std::filesystem::path ballast_;
  std::int64_t reserve_ = 0;
  std::atomic<bool> full_{false};
  std::atomic<bool> has_ballast_{false};
  std::mutex changing_;
};

}  // namespace hub::server
