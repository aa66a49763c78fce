#include "adapters/providers/local/kept_output.hpp"

#include <fstream>
#include <sstream>

#include "adapters/providers/local/deployment.hpp"
#include "events/core/ids.hpp"

namespace hub::providers::local {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMetricsName = "metrics";

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
