#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "adapters/deployments/deployment_effects.hpp"
#include "gateway/streams/deployment_streams.hpp"

namespace hub::streams {

inline constexpr std::size_t kSnapshotLines = 1'000;
/// Lines that a resuming client may have missed; with more it gets a snapshot.
inline constexpr std::size_t kMissedLinesMax = 10'000;

/// The streams `deployments/{id}/logs`. Reads the provider's store while somebody watches; the cursor is the seq of
/// the last line. One thread reads for all streams.
class LogStreams final : public DeploymentSource {
 public:
  LogStreams(live::Hub& hub, deployments::Deployments& deployments, const deployments::Providers& providers);
  ~LogStreams() override { stop(); }

  /// New lines can be read. Any thread; does not block.
  void grown(const std::string& deployment_id);
  void stop();

  Result<live::Opening> open(std::string_view name, const accounts::Principal& principal,
                             const std::optional<Cursor>& after) override;
  void opened(std::string_view name) override;
  void closed(std::string_view name) override;

 private:
  /// What is published of one watched deployment. Lines up to `published` are in no later frame.
  struct Tail {
    std::mutex mutex;
    std::uint64_t published = 0;
    bool placed = false;  ///< `published` is where the lines stood when watching began
  };
  using TailPtr = std::shared_ptr<Tail>;

  TailPtr tail_of(const std::string& id);
  providers::Provider* provider_of(const std::string& id);
  void work();
  void publish(const std::string& id, Tail& tail);
  Result<live::Opening> snapshot(providers::Provider& provider, const std::string& id, std::uint64_t until);
  Result<std::optional<live::Opening>> recover(providers::Provider& provider, const std::string& id,
                                               std::uint64_t after, std::uint64_t until);

  live::Hub& hub_;
  const deployments::Providers& providers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, TailPtr> tails_;
  std::deque<std::string> grown_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::streams
