#include <fmt/format.h>

#include <filesystem>

#include "adapters/providers/local/cgroups.hpp"
#include "adapters/providers/local/nvml.hpp"
#include "adapters/providers/local/podman.hpp"
#include "adapters/secrets/key_file.hpp"
#include "gateway/cli/text.hpp"
#include "gateway/offline/commands.hpp"
#include "gateway/offline/doctor_kafka.hpp"
#include "gateway/offline/opened.hpp"

namespace hub::offline {
namespace {

namespace fs = std::filesystem;
using cli::Check;
using State = cli::Check::State;

constexpr double kMicrosPerDay = 86'400e6;
/// With a younger record a day's growth is a guess.
constexpr double kAgeMinDays = 1.0 / 24;
constexpr double kDaysLeftMin = 14;
constexpr double kFreeShareMin = 0.05;

std::string bytes(double value) {
  return cli::bytes_text(static_cast<std::int64_t>(value));
}

/// What the record tells of itself; its time is that of its first and last batch.
struct Record {
  std::uint64_t records = 0;
  Instant first, last;
};

Record look_at(log::Log& log) {
  Record record;
  for (PartitionId id = 0; id < log.partitions(); ++id) {
    const auto head = log.head(id);
    record.records += head.seq;
    record.last = std::max(record.last, head.index_time);
    const auto begin = log.read(id, 1, 1);
    if (!begin || begin.value().empty()) continue;
    const auto at = begin.value().front()->end.index_time;
    if (!record.first.is_set() || at < record.first) record.first = at;
  }
  return record;
}

double size_of(const fs::path& folder) {
  double size = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file(error)) size += static_cast<double>(entry->file_size(error));
  return size;
}

/// Bytes a day since the record began, and how long the disk lasts at that.
Check check_disk(const server::DataFolder& folder, const Record& record, Instant now) {
  std::error_code error;
  const auto space = fs::space(folder.root, error);
  if (error) return {"disk", State::bad, folder.root.string() + ": " + error.message(), "give another --data"};
  const auto free = static_cast<double>(space.available), capacity = static_cast<double>(space.capacity);
  const auto log = size_of(folder.log()), local = size_of(folder.local());
  const auto days = static_cast<double>((now - record.first).micros) / kMicrosPerDay;
  const auto per_day = log / std::max(days, kAgeMinDays);
  const auto left = free / std::max(per_day, 1.0);
  auto text = fmt::format("{} free of {}; log {} in {}, {} a day: full in {} days; output and workspaces {}",
                          bytes(free), bytes(capacity), bytes(log), cli::span_text(now - record.first), bytes(per_day),
                          cli::count_text(static_cast<std::int64_t>(std::min(left, 1e9))), bytes(local));
  if (free < kFreeShareMin * capacity || left < kDaysLeftMin)
    return {"disk", State::warning, text, "make room, or move the folder to a larger disk"};
  return {"disk", State::good, text, ""};
}

Check check_record(const Record& record) {
  return {"record", State::good,
          fmt::format("{} records, the last of {}; computehub audit verify checks every one",
                      cli::count_text(static_cast<std::int64_t>(record.records)), to_rfc3339(record.last)),
          ""};
}

Check unreadable_record(const Failure& failure) {
  if (failure.code == "log.locked") return {"record", State::good, "in use by a server", ""};
  if (failure.code == "log.absent") return {"record", State::good, "none yet", ""};
  return {"record", State::bad, failure.detail, "computehub audit verify says more; a backup has it sound"};
}

/// Whether the key that a server would use opens what is stored. The key itself is never shown.
Check check_secrets(const cli::ServeOptions& options, const server::DataFolder& folder) {
  const auto stored = secrets::stored_key_id(secrets::secrets_folder(folder.keys()));
  if (!stored) return {"secrets", State::bad, stored.error().detail, "restore DIR/keys from where it was kept"};
  std::error_code error;
  const bool dev = fs::exists(folder.keys() / "encryption-key", error);
  const bool given = !options.encryption_key.empty() || !options.encryption_key_file.empty();
  if (!given && !dev) {
    if (stored.value().empty())
      return {"secrets", State::warning, "no encryption key: secrets and env values are refused",
              "set ENCRYPTION_KEY (openssl rand -hex 32), or use --dev"};
    return {"secrets", State::bad, fmt::format("kept under key {}, and no key is given", stored.value()),
            "set ENCRYPTION_KEY to it"};
  }
  const auto key =
      secrets::load_key({options.encryption_key, given ? options.encryption_key_file : folder.keys() / "encryption-key",
                         false, folder.keys()});
  if (!key) return {"secrets", State::bad, key.error().detail, "64 hexadecimal digits: openssl rand -hex 32"};
  const auto& id = key.value()->id();
  if (stored.value().empty()) return {"secrets", State::good, fmt::format("none yet; key {} is ready", id), ""};
  if (stored.value() != id)
    return {"secrets", State::bad, fmt::format("kept under key {}; the given one is {}", stored.value(), id),
            "give the key that they were kept under"};
  return {"secrets", State::good, fmt::format("kept under key {}, the given one", id), ""};
}

fs::path supervisor() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path() / "computehub-supervisor";
}

/// A trial: an empty container is run and removed.
Check check_podman(const fs::path& program) {
  const auto folder = fs::temp_directory_path() / fmt::format("computehub-doctor-{}", ::getpid());
  const auto state = providers::local::Podman("podman", program.string(), folder.string()).state();
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  if (state.works)
    return {"podman", State::good, fmt::format("runs containers ({})", fmt::join(state.command, " ")), ""};
  return {"podman", State::warning, "an image is refused: " + state.because,
          "deployments without an image need no podman"};
}

Check check_cgroups() {
  const auto by = providers::local::Cgroups::detect("/proc/mounts").limits_by();
  if (by == "rlimit")
    return {"cgroups", State::warning,
            "none can be made: memory is limited by setrlimit, each process by itself; CPU is not",
            "run it as root, or with a delegated control group"};
  return {"cgroups", State::good, fmt::format("limits are held by {}", by), ""};
}

Check check_gpu() {
  const auto nvml = providers::local::Nvml::load("libnvidia-ml.so.1");
  if (!nvml) return {"gpu", State::good, "no GPU here", ""};
  std::string text;
  for (const auto& gpu : nvml->read())
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", gpu.model, cli::bytes_text(gpu.memory_bytes));
  return {"gpu", State::good, text, ""};
}

}  // namespace

std::vector<Check> doctor_checks(const cli::ServeOptions& options) {
  const server::DataFolder folder{options.data};
  std::vector<Check> checks;
  const auto log = open_to_read(folder);
  if (log) {
    const auto record = look_at(*log.value());
    if (record.records > 0) checks.push_back(check_disk(folder, record, wall_now()));
    checks.push_back(check_record(record));
  } else {
    checks.push_back(unreadable_record(log.error()));
  }
  if (options.log == cli::LogKind::kafka) {
    auto more = kafka_checks(options, log ? log.value().get() : nullptr);
    checks.insert(checks.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  checks.push_back(check_secrets(options, folder));
  const auto program = supervisor();
  std::error_code error;
  if (!fs::exists(program, error))
    checks.push_back({"supervisor", State::bad, program.string() + " is missing: nothing can be run",
                      "install it beside computehub"});
  checks.push_back(check_podman(program));
  checks.push_back(check_cgroups());
  checks.push_back(check_gpu());
  return checks;
}

}  // namespace hub::offline
