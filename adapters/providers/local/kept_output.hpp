#pragma once
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "adapters/providers/provider.hpp"

namespace hub::providers::local {

/// Output and metrics that are kept in DIR/local of what does not run on this machine: it runs nothing and adopts
/// nothing. What would change something fails: forbidden `server.read_only`.
class KeptOutput final : public Provider {
 public:
  explicit KeptOutput(std::filesystem::path folder);
  ~KeptOutput() override;

  std::string_view name() const override { return "local"; }
  Capabilities capabilities() const override;
  Result<std::vector<Offer>> offers() override { return std::vector<Offer>{}; }
  Result<Instance> create(const CreateOrder& order) override;
  Result<std::vector<Observed>> list() override { return std::vector<Observed>{}; }
  Result<Observed> get(const std::string& deployment_id) override;
  Result<Observed> start(const CreateOrder& order, std::int32_t run) override;
  Result<void> stop(const std::string& deployment_id, std::int32_t run, Duration grace) override;
  Result<void> remove(const std::string& deployment_id) override;
  Result<LogPage> logs(const std::string& deployment_id, const LogQuery& query) override;
  Result<std::vector<MetricSample>> metrics(const std::string& deployment_id, Instant from, Instant to,
                                            Duration step) override;
  void watch_metrics(const std::string&, bool) override {}
  Result<deployments::Connection> connection(const std::string& deployment_id) override;

  // Copies of what other machines have.

  /// Keeps lines that are not kept yet; they come in order, and may come again. Answers the seq of the last one kept.
  /// Fails: unavailable `data.unusable`.
  Result<std::uint64_t> keep_lines(const std::string& deployment_id, const std::vector<LogLine>& lines);
  /// Seq of the last line that is kept; 0: none.
  std::uint64_t last_line(const std::string& deployment_id);
  /// False when this one or a later one is kept already.
  bool keep_sample(const std::string& deployment_id, const MetricSample& sample);
  /// Drops all that is kept of it.
  void drop(const std::string& deployment_id);

 private:
  struct Kept;
  std::shared_ptr<Kept> find(const std::string& id);
  Result<std::shared_ptr<Kept>> make(const std::string& id);
  void close_the_oldest();

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Kept>> kept_;
  std::mutex keeping_;               ///< one copy is written at a time
  std::deque<std::string> writing_;  ///< deployments whose writer is open, the latest last
};

/// Copies the kept output of every deployment from one DIR/local to another, lines up to `until`; without it all lines
/// and the metrics too. Workspaces and what belongs to running processes stay. A line that is being written meanwhile
/// is there or not. Answers how many deployments had something. Fails: unavailable `data.unusable`.
Result<std::size_t> copy_kept_output(const std::filesystem::path& from, const std::filesystem::path& to,
                                     std::optional<Instant> until);

}  // namespace hub::providers::local
