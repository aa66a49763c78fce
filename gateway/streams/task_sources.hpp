#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "gateway/live/source.hpp"
#include "projections/core/feed.hpp"
#include "projections/models/view.hpp"

namespace hub::streams {

// What stands behind the streams of TaskStreams: how a subscription to each begins.

std::shared_ptr<live::StreamSource> make_task_list_source(projections::Feed& feed, log::Log& log);
/// `watch` is told of the first who watches a task, and that the last has gone.
std::shared_ptr<live::StreamSource> make_task_source(projections::Feed& feed, log::Log& log,
                                                     std::function<void(const std::string& id, bool watched)> watch);
std::shared_ptr<live::StreamSource> make_model_list_source(projections::Feed& feed, log::Log& log);
std::shared_ptr<live::StreamSource> make_stats_source(projections::Feed& feed, log::Log& log);

/// Items of lists from one snapshot, as lists show them.
class ListItems {
 public:
  explicit ListItems(const projections::StoreView& rows) : rows_(rows) {}
  /// None when it is not there.
  std::optional<std::string> task(const std::string& id);
  std::optional<std::string> model(const std::string& id);

 private:
  const projections::StoreView& rows_;
  std::map<std::string, model_rows::View> models_;
};

/// How far figures of a fold that ends there have come: they have one number, the sum of all.
Cursor stats_cursor(const Cursor& folded);
/// {"project":…, and the members of the dashboard}
std::string project_stats(const projections::StoreView& rows, const std::string& project, Instant now);

}  // namespace hub::streams
