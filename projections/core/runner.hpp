#pragma once
#include <atomic>
#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "projections/core/feed.hpp"
#include "projections/core/inbox.hpp"

namespace hub::projections {

/// A fold that has work left is written at the latest after this long.
inline constexpr std::chrono::milliseconds kFoldTimeMax{10};
/// How far what is on disk may lie behind what is answered.
inline constexpr std::chrono::seconds kFlushEvery{30};

struct RunnerOptions {
  std::filesystem::path folder;  ///< DIR/projections
  StoreResources resources;
  std::size_t inbox_bytes_max = kInboxBytesMax;
  std::chrono::milliseconds flush_every = kFlushEvery;
};

/// Folds a log into projections on one thread of its own: what comes while it folds is folded with it, and nothing
/// is waited for. What was not flushed before the last end is folded again from the log.
class Runner {
 public:
  /// Opens each projection's store. One that is of another log, or that cannot be read, is built anew.
  /// Fails: unavailable `projection.locked`, and as Log::read does.
  static Result<std::unique_ptr<Runner>> open(log::Log& log, RunnerOptions options,
                                              std::vector<std::shared_ptr<const Projection>> projections);
  ~Runner();

  /// Begins to fold. Observers that must see every fold are added before.
  void start();
  /// Ends the thread and writes all to disk. Waiters and queries end with what there is.
  void stop();

  /// Needs one of the names that were given to open(); lives as long as the runner.
  Feed& feed(std::string_view name);

  /// Builds the projection anew beside the one that answers, on the calling thread, and puts it in its place.
  /// Takes as long as reading the log does; not for observers. Fails as Log::read does; not_found `projection.unknown`;
  /// unavailable `projection.stopped`, `projection.busy` (a rebuild is under way).
  Result<void> rebuild(std::string_view name);

 private:
  struct Hosted;
  Runner(log::Log& log, RunnerOptions options);
  Result<void> add(std::shared_ptr<const Projection> projection);
  Hosted* find(std::string_view name);
  Result<void> rebuild(Hosted& hosted, const std::filesystem::path& generation);
  void run();
  void fold(Inbox::Taken taken);
  void feed_all(const std::vector<log::BatchPtr>& batches);
  void catch_up(Hosted& hosted);
  void commit_all();
  void flush_due();
  std::optional<std::chrono::steady_clock::time_point> next_flush() const;

  log::Log& log_;
  RunnerOptions options_;
  Inbox inbox_;
  std::vector<std::unique_ptr<Hosted>> hosted_;
  std::optional<std::uint64_t> watcher_;
  std::thread thread_;
  std::atomic<bool> running_{false};
};

}  // namespace hub::projections
