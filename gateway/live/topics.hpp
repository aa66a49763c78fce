#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/live/source.hpp"

namespace hub::live {

using SourcePtr = std::shared_ptr<StreamSource>;

/// The sources by the patterns of their streams. Filled before the first connection.
class Sources {
 public:
  /// "deployments/{id}/logs": a segment in braces stands for any one that is not empty.
  void add(std::string pattern, SourcePtr source) { sources_.emplace_back(std::move(pattern), std::move(source)); }
  /// Null for an unknown stream.
  SourcePtr find(std::string_view stream) const;

 private:
  std::vector<std::pair<std::string, SourcePtr>> sources_;
};

/// A stream that somebody watches.
struct Topic {
  explicit Topic(std::string the_name) : name(std::move(the_name)) {}
  const std::string name;
  std::atomic<std::size_t> watchers{0};  ///< subscriptions that take frames in
  std::atomic<std::size_t> users{0};     ///< subscriptions that the source was told of
  std::mutex telling;                    ///< held while the source is told
};
using TopicPtr = std::shared_ptr<Topic>;

/// Which streams are watched. Any thread.
class Topics {
 public:
  /// Behind this a published frame of `name` is taken in.
  TopicPtr watch(std::string_view name);
  void unwatch(const TopicPtr& topic);
  /// Null when nobody watches.
  TopicPtr find(std::string_view name) const;
  /// Tells the source of the first and the last user. Blocks as long as the source does.
  void use(Topic& topic, StreamSource& source);
  void release(const TopicPtr& topic, StreamSource& source);

 private:
  void forget_if_idle(const Topic& topic);

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, TopicPtr, Hash, std::equal_to<>> topics_;
};

}  // namespace hub::live
