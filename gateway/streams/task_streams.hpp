#pragma once
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "gateway/live/hub.hpp"
#include "gateway/streams/row_streams.hpp"
#include "projections/core/feed.hpp"

namespace hub::streams {

/// Records that are looked through for what a resuming client has missed of the list; with more it gets a snapshot.
inline constexpr std::uint64_t kMissedRecordsMax = 100'000;
/// Places in queues and figures are told at most so often; what changed meanwhile is told then.
inline constexpr std::chrono::milliseconds kTellEvery{200};

/// The streams of models and tasks.
///
///   tasks        {op: "put", item}; snapshot {items, total}, the newest first
///   tasks/{id}   the resource without input and result, whenever it or its place in the queue changed; and what its
///                call says meanwhile, {partial: …}, from publish_partial()
///   models       {op: "put" | "delete", item}; snapshot {items, total}
///   stats        the dashboard of one project and its name, {project, …}; snapshot {items}, one a project
class TaskStreams {
 public:
  /// All of them outlive it. Adds its sources to the hub: before the first connection.
  TaskStreams(live::Hub& hub, projections::Feed& feed, log::Log& log);
  ~TaskStreams();
  TaskStreams(const TaskStreams&) = delete;
  TaskStreams& operator=(const TaskStreams&) = delete;

  /// Nothing is published any more. Before the feed goes.
  void stop();

  bool is_watched(std::string_view task) const { return hub_.watched("tasks/" + std::string(task)); }
  /// Tells those who watch the task what is no part of the record: `data` is JSON and goes into the frame as it is.
  /// Each one counts: it does not take the place of another. Any thread; of one task in order. A resume does not repeat
  /// it.
  void publish_partial(const std::string& task, const std::string& project, std::string data);

 private:
  struct State;

  void folded(const projections::FoldResult& result);
  void publish_lists(const projections::FoldResult& result);
  void note(const projections::FoldResult& result);
  void work();
  void tell_tasks(const std::set<std::string>& ids);
  void tell_places(const std::set<std::string>& models);
  void tell_stats(const std::set<std::string>& projects);
  void publish_one(const projections::StoreView& rows, const std::string& id, bool always);
  live::Hub& hub_;
  projections::Feed& feed_;
  log::Log& log_;
  FoldFrames frames_;  ///< of the projection's thread
  std::uint64_t observer_ = 0;

  const std::shared_ptr<State> state_;  ///< the hub tells it who watches, perhaps behind the end of this
  std::uint64_t stats_told_ = 0;        ///< cursor of the figures that were told last
  std::thread thread_;
};

}  // namespace hub::streams
