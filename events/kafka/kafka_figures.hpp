#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "events/core/histogram.hpp"
#include "events/core/ids.hpp"
#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::kafka {

/// How a log on Kafka does, for operators; read from any thread.
class KafkaFigures {
 public:
  explicit KafkaFigures(std::uint32_t partitions) : faults_(partitions), copies_(partitions) {}

  MicrosHistogram transactions{kMicrosBounds};    ///< time of one, from begin to its end, whatever that was
  std::atomic<std::uint64_t> recycled{0};         ///< producers that were made anew because of doubt
  std::atomic<std::uint64_t> fenced{0};           ///< appends that were refused, for another had taken over
  std::atomic<std::uint64_t> void_records{0};     ///< read, and left out: their author did not own the partition
  std::atomic<std::uint64_t> foreign_records{0};  ///< on events or commands, that are not ours
  std::atomic<bool> away{false};                  ///< no broker is connected

  /// How far this node's copy is behind what is committed.
  struct Lag {
    std::uint64_t records = 0;  ///< offsets, those of Kafka's own marks among them
    Duration time;              ///< since it was at the end last, as far as the brokers have told
  };
  Lag lag(PartitionId partition) const {
    const auto& copy = copies_.at(partition);
    const auto since = copy.behind_since.load();
    if (since == 0) return {0, silence()};
    const auto behind = copy.end.load() - copy.next.load();
    return {behind > 0 ? static_cast<std::uint64_t>(behind) : 1, Duration{std::max<std::int64_t>(0, now() - since)}};
  }

  /// How long no broker has said anything: what others committed since is not known here. 0 in ordinary times.
  Duration silence() const {
    const Duration silent{now() - heard_at_.load()};
    return silent > kSilent ? silent : Duration{};
  }
  /// Why a partition is not read any more; none while it is.
  std::optional<Failure> fault(PartitionId partition) const {
    const std::lock_guard lock(faults_mutex_);
    return faults_.at(partition);
  }

  /// One transaction that has ended.
  void wrote(std::chrono::steady_clock::duration took, bool was_fenced) {
    transactions.observe(
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    if (was_fenced) ++fenced;
  }

  // By the reader of the copy.
  void heard(Duration ago) { heard_at_ = now() - ago.micros; }
  void stopped(PartitionId partition, const Failure& failure) {
    const std::lock_guard lock(faults_mutex_);
    faults_.at(partition) = failure;
  }
  void read_to(PartitionId partition, std::int64_t next) {
    auto& copy = copies_.at(partition);
    copy.next = next;
    if (copy.behind_since == 0) copy.behind_since = now();
  }
  void at_end(PartitionId partition) { copies_.at(partition).behind_since = 0; }
  void ends_at(PartitionId partition, std::int64_t end) {
    if (partition < copies_.size()) copies_[partition].end = end;
  }

 private:
  /// Twice the time between two looks of the client, and a second.
  static constexpr Duration kSilent = seconds(5);

  struct Copy {
    std::atomic<std::int64_t> next{0};
    std::atomic<std::int64_t> end{0};           ///< as the brokers told last
    std::atomic<std::int64_t> behind_since{0};  ///< of the steady clock, in microseconds; 0: at the end
  };
  static std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  std::atomic<std::int64_t> heard_at_{now()};
  mutable std::mutex faults_mutex_;
  std::vector<std::optional<Failure>> faults_;
  std::vector<Copy> copies_;
};

}  // namespace hub::kafka
