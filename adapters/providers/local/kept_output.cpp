#include "adapters/providers/local/kept_output.hpp"

#include <fstream>
#include <sstream>

#include "adapters/providers/local/deployment.hpp"
#include "adapters/providers/local/local_provider.hpp"
#include "adapters/providers/local/log_writer.hpp"
#include "events/core/ids.hpp"

namespace hub::providers::local {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMetricsName = "metrics";
/// Writers of copies that are open at a time; each has a descriptor.
constexpr std::size_t kWritersMax = 128;
/// Behind a restart a sample of the last hour may come again.
constexpr Duration kSamplesAgain = seconds(3'600);

Failure read_only() {
  return forbidden("server.read_only", "this server only reads");
}
Failure unknown_deployment() {
  return not_found("provider.not_found", "nothing is kept of this deployment");
}
Failure unusable(const fs::path& path) {
  return unavailable("data.unusable", path.string() + " cannot be written");
}

/// The whole frames of a segment up to a time; lines of one deployment never go back in time.
std::string_view frames_until(std::string_view bytes, std::optional<Instant> until) {
  std::size_t whole = 0;
  Frame frame;
  while (const auto size = read_frame(bytes.substr(whole), frame)) {
    if (until && frame.at_micros > until->micros) break;
    whole += size;
  }
  return bytes.substr(0, whole);
}

Result<void> write(const fs::path& file, std::string_view bytes) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) return unusable(file);
  return success();
}

std::string read(const fs::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

/// False when there was nothing up to then.
Result<bool> copy_one(const fs::path& from, const fs::path& to, std::optional<Instant> until) {
  bool found = false;
  for (const auto& name : names_in(from / kLogName)) {
    if (segment_first_seq(name) == 0) continue;
    const auto bytes = read(from / kLogName / name);
    const auto frames = frames_until(bytes, until);
    if (frames.empty()) continue;
    HUB_TRY(write(to / kLogName / name, frames));
    found = true;
  }
  std::error_code error;
  for (const auto& name : {std::string(kMetricsName), kMetricsName + std::string(kRawSuffix)}) {
    if (until || !fs::is_regular_file(from / name, error)) continue;
    HUB_TRY(write(to / name, read(from / name)));
    found = true;
  }
  return found;
}

}  // namespace

struct KeptOutput::Kept {
  explicit Kept(const fs::path& folder) : log(folder / kLogName), metrics(folder / kMetricsName) {}
  LogReader log;
  MetricStore metrics;
  std::unique_ptr<LogWriter> writer;  ///< of copies; open while lines come
  Instant last_sample;
};

KeptOutput::KeptOutput(fs::path folder) : folder_(std::move(folder)) {}
KeptOutput::~KeptOutput() = default;

std::shared_ptr<KeptOutput::Kept> KeptOutput::find(const std::string& id) {
  std::error_code error;
  if (!is_id(id) || !fs::is_directory(folder_ / id, error)) return nullptr;
  const std::lock_guard lock(mutex_);
  auto& kept = kept_[id];
  if (!kept) kept = std::make_shared<Kept>(folder_ / id);
  return kept;
}

Result<std::shared_ptr<KeptOutput::Kept>> KeptOutput::make(const std::string& id) {
  HUB_ASSERT(is_id(id));
  std::error_code error;
  fs::create_directories(folder_ / id, error);
  auto kept = find(id);
  if (!kept) return unusable(folder_ / id);
  return kept;
}

void KeptOutput::close_the_oldest() {
  while (writing_.size() > kWritersMax) {
    if (const auto kept = find(writing_.front())) kept->writer.reset();
    writing_.pop_front();
  }
}

Result<std::uint64_t> KeptOutput::keep_lines(const std::string& deployment_id, const std::vector<LogLine>& lines) {
  const std::lock_guard keeping(keeping_);
  HUB_TRY(const auto kept, make(deployment_id));
  if (!kept->writer) {
    kept->writer = std::make_unique<LogWriter>((folder_ / deployment_id / kLogName).string(), kLogBytesMax);
    if (!kept->writer->open()) {
      kept->writer.reset();
      return unusable(folder_ / deployment_id);
    }
    writing_.push_back(deployment_id);
    close_the_oldest();
  }
  for (const auto& line : lines) {
    if (line.seq <= kept->writer->last_seq()) continue;
    if (line.seq > kept->writer->last_seq() + 1) kept->writer->skip_to(line.seq);
    kept->writer->add(line.text, (line.is_stderr ? kFrameStderr : 0) | (line.split ? kFrameSplit : 0),
                      line.time.micros);
  }
  kept->writer->flush();
  return kept->writer->last_seq();
}

std::uint64_t KeptOutput::last_line(const std::string& deployment_id) {
  const std::lock_guard keeping(keeping_);
  const auto kept = find(deployment_id);
  if (!kept) return 0;
  if (kept->writer) return kept->writer->last_seq();
  LogQuery query;
  query.tail = 1;
  const auto page = kept->log.read(query);
  return page.lines.empty() ? 0 : page.lines.back().seq;
}

bool KeptOutput::keep_sample(const std::string& deployment_id, const MetricSample& sample) {
  const std::lock_guard keeping(keeping_);
  const auto kept = make(deployment_id);
  if (!kept) return false;
  auto& last = kept.value()->last_sample;
  if (!last.is_set()) {
    const auto again = kept.value()->metrics.read(sample.at - kSamplesAgain, sample.at + seconds(1), {});
    if (!again.empty()) last = again.back().at;
  }
  if (sample.at <= last) return false;
  last = sample.at;
  kept.value()->metrics.add(from_metric_sample(sample));
  return true;
}

void KeptOutput::drop(const std::string& deployment_id) {
  if (!is_id(deployment_id)) return;
  const std::lock_guard keeping(keeping_);
  std::shared_ptr<Kept> kept;
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(deployment_id);
    if (found != kept_.end()) kept = std::move(found->second);
    kept_.erase(deployment_id);
  }
  if (kept) kept->metrics.close();
  std::erase(writing_, deployment_id);
  std::error_code error;
  fs::remove_all(folder_ / deployment_id, error);
}

Capabilities KeptOutput::capabilities() const {
  Capabilities capabilities;
  capabilities.has_logs = capabilities.has_metrics = true;
  capabilities.unit = "process";
  capabilities.no_image_because = "this server only reads";
  return capabilities;
}

Result<Instance> KeptOutput::create(const CreateOrder&) {
  return read_only();
}
Result<Observed> KeptOutput::get(const std::string&) {
  return unknown_deployment();
}
Result<Observed> KeptOutput::start(const CreateOrder&, std::int32_t) {
  return read_only();
}
Result<void> KeptOutput::stop(const std::string&, std::int32_t, Duration) {
  return read_only();
}
Result<void> KeptOutput::remove(const std::string&) {
  return read_only();
}
Result<deployments::Connection> KeptOutput::connection(const std::string&) {
  return unknown_deployment();
}

Result<LogPage> KeptOutput::logs(const std::string& deployment_id, const LogQuery& query) {
  const auto kept = find(deployment_id);
  if (!kept) return unknown_deployment();
  return kept->log.read(query);
}

Result<std::vector<MetricSample>> KeptOutput::metrics(const std::string& deployment_id, Instant from, Instant to,
                                                      Duration step) {
  const auto kept = find(deployment_id);
  if (!kept) return unknown_deployment();
  return kept->metrics.read(from, to, step);
}

Result<std::size_t> copy_kept_output(const fs::path& from, const fs::path& to, std::optional<Instant> until) {
  std::size_t count = 0;
  for (const auto& name : names_in(from.string())) {
    if (!is_id(name)) continue;
    HUB_TRY(const bool found, copy_one(from / name, to / name, until));
    count += found ? 1 : 0;
  }
  return count;
}

}  // namespace hub::providers::local
