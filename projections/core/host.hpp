#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "projections/core/projection.hpp"

namespace hub::projections {

/// A fold ends at the latest after so many events, or bytes of event data.
inline constexpr std::size_t kFoldEventsMax = 10'000;
inline constexpr std::size_t kFoldBytesMax = 8U << 20U;
/// How much is read from the log at a time.
inline constexpr std::size_t kReadBytesMax = 1U << 20U;

/// Counters for /metrics; written by one thread, read by any.
struct Stats {
  std::atomic<std::uint64_t> events{0};  ///< folded since start
  std::atomic<std::uint64_t> folds{0};
  std::atomic<std::uint64_t> quarantined{0};  ///< entities that are no longer folded
  std::atomic<std::uint64_t> skipped{0};      ///< events of quarantined entities since start
};

/// Folds one log into one store. One thread at a time.
class Host {
 public:
  /// Told after each commit.
  using Committed = std::function<void(FoldResult, const Marks&)>;
  Host(const Projection& projection, log::Log& log, std::shared_ptr<Store> store);
  /// From now on counts in `stats`, which outlives it, and tells `committed`.
  void attach(Stats& stats, Committed committed);

  /// Whether marks were taken from this very log: same incarnation, and its batches still end there with the same
  /// hash. Fails as Log::read does.
  static Result<bool> fits(const std::optional<Marks>& marks, log::Log& log);

  /// Folds a batch. One that is folded already is skipped; when batches before it are missing they are read from the
  /// log. Fails as Log::read does: then nothing more must be fed.
  Result<void> feed(const log::BatchPtr& batch);
  /// Reads and folds what the log has beyond what is folded; with `until`, up to there.
  Result<void> catch_up(const Marks* until = nullptr);
  /// Writes the fold under way, if there is one.
  void commit();

  const Marks& marks() const { return marks_; }
  const std::shared_ptr<Store>& store() const { return store_; }
  /// When the oldest commit that is not yet on disk was made; empty when there is none.
  std::optional<std::chrono::steady_clock::time_point> dirty_since() const { return dirty_since_; }
  void flush(bool wait);

 private:
  Result<void> catch_up(PartitionId partition, Seq until);
  void fold(const log::Batch& batch);
  void fold(const log::Batch& batch, const log::Record& record);
  void quarantine(const Recorded& recorded, const Failure& failure);
  void load_quarantined();

  const Projection& projection_;
  log::Log& log_;
  std::shared_ptr<Store> store_;
  Stats own_stats_;
  Stats* stats_ = &own_stats_;
  Committed committed_;
  Marks marks_;
  std::unordered_set<std::string> quarantined_;
  std::optional<std::chrono::steady_clock::time_point> dirty_since_;

  std::unique_ptr<Folding> folding_;
  std::vector<std::pair<std::string, std::string>> quarantine_rows_;
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
  bool moved_ = false;
};

}  // namespace hub::projections
