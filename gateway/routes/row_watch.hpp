#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "projections/core/feed.hpp"

namespace hub::routes {

/// Tells whoever waits for a row that it has changed. Safe from any thread.
class RowWatch {
 public:
  /// `feed` outlives it.
  explicit RowWatch(projections::Feed& feed);
  ~RowWatch();
  RowWatch(const RowWatch&) = delete;
  RowWatch& operator=(const RowWatch&) = delete;

  /// `changed` is called on the projection's thread after each fold that changed the row: must not block.
  std::uint64_t add(const std::string& id, std::function<void()> changed);
  /// After it returns, the callback is not running and will not be called again.
  void remove(const std::string& id, std::uint64_t watcher);

  /// A watcher for as long as it lives: whoever waits may be cancelled, which ends the wait by an exception.
  class Watching {
   public:
    Watching(RowWatch& rows, const std::string& id, std::function<void()> changed)
        : rows_(rows), id_(id), watcher_(rows.add(id, std::move(changed))) {}
    ~Watching() { rows_.remove(id_, watcher_); }
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

   private:
    RowWatch& rows_;
    const std::string id_;
    const std::uint64_t watcher_;
  };

  /// Wakes all who wait: the server stops, and they answer what there is.
  void stop();
  bool stopped() const { return stopped_; }

 private:
  void folded(const projections::FoldResult& result);

  projections::Feed& feed_;
  std::uint64_t observer_ = 0;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::string, std::map<std::uint64_t, std::function<void()>>> watchers_;
};

}  // namespace hub::routes
