#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "projections/core/host.hpp"
#include "projections/core/progress.hpp"
#include "projections/core/projection.hpp"

namespace hub::projections {

/// One projection as queries and the live gateway see it.
class Feed {
 public:
  /// On the projection's thread, after each fold, in order; must not block.
  using Observer = std::function<void(const FoldResult&)>;

  Feed(std::shared_ptr<const Projection> projection, log::Log& log, std::shared_ptr<Store> store);

  const Projection& projection() const { return *projection_; }
  /// The rows of now. Keep it for one query only.
  std::shared_ptr<Store> store() const { return slot_.get(); }
  Progress& progress() { return progress_; }
  const Stats& stats() const { return stats_; }
  /// Empty while all is well; else why nothing is folded any more.
  std::optional<Failure> failure() const;

  std::uint64_t observe(Observer observer);
  /// After it returns, the observer is not running and will not be called again. Not for observers themselves.
  void unobserve(std::uint64_t observer);

 private:
  friend class Runner;
  void committed(const FoldResult& result, const Marks& marks);
  void fail(const Failure& failure);
  void recovered();

  std::shared_ptr<const Projection> projection_;
  StoreSlot slot_;
  Progress progress_;
  Stats stats_;
  mutable std::mutex failing_;
  std::optional<Failure> failure_;
  std::mutex observing_;
  std::uint64_t last_observer_ = 0;
  std::vector<std::pair<std::uint64_t, Observer>> observers_;
};

}  // namespace hub::projections
