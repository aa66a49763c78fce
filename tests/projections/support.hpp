#pragma once
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "events/core/digest.hpp"
#include "events/deployments/events.hpp"
#include "projections/core/offline.hpp"
#include "projections/core/runner.hpp"
#include "projections/deployments/queries.hpp"
#include "projections/deployments/table.hpp"
#include "tests/projections/memory_log.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::testing {

inline constexpr std::int64_t kStartMicros = 1'767'225'600'000'000;  // 2026-01-01T00:00:00Z
constexpr Instant at_second(std::int64_t second) {
  return {kStartMicros + second * 1'000'000};
}
inline constexpr std::chrono::seconds kDeadline{120};

using Folder = test::TempFolder;

inline projections::StoreResources small_resources() {
  return projections::make_resources(8U << 20U, 8U << 20U);
}

inline deployments::DeploymentRequested requested(const std::string& name) {
  deployments::DeploymentRequested event;
  event.spec.name = name;
  event.spec.provider = "local";
  event.spec.command = {"sleep", "60"};
  event.owner = "user:ada";
  return event;
}

inline log::Record record_of(const std::string& id, Version version, const deployments::Event& event, Instant time,
                             const std::string& project = "default") {
  log::Record record;
  record.type = std::string(deployments::type_of_event(event));
  record.entity = id;
  record.version = version;
  record.time = time;
  record.actor = "user:ada";
  record.organisation = "default";
  record.project = project;
  record.data = deployments::encode_event(event);
  return record;
}

inline std::string id_of(int number) {
  return derive_id("dep_", "command-" + std::to_string(number), 0);
}

/// Writes single events of numbered deployments to a log, one batch each, a second apart.
class Writer {
 public:
  explicit Writer(MemoryLog& log) : log_(log) {}

  Position write(int number, const deployments::Event& event, const std::string& project = "default") {
    return write(record_of(id_of(number), ++versions_[number], event, now(), project));
  }
  Position write(log::Record record) {
    const auto partition = partition_of(record.entity, log_.partitions());
    const auto batch = log_.write(partition, {std::move(record)}, now());
    ++second_;
    return {partition, batch->end.last};
  }
  Instant now() const { return at_second(second_); }
  void pass(std::int64_t seconds) { second_ += seconds; }

 private:
  MemoryLog& log_;
  std::map<int, Version> versions_;
  std::int64_t second_ = 0;
};

/// A runner with the projection of deployments on a log.
struct Hub {
  Hub(log::Log& of, const std::filesystem::path& in, projections::RunnerOptions options = {})
      : log(of), runner(open(of, in, std::move(options))), deployments(runner->feed("deployments"), of) {}

  static std::unique_ptr<projections::Runner> open(log::Log& log, const std::filesystem::path& folder,
                                                   projections::RunnerOptions options) {
    options.folder = folder;
    options.resources = small_resources();
    auto opened = projections::Runner::open(log, std::move(options), {deployments::make_projection()});
    HUB_ASSERT(opened);
    return std::move(opened).value();
  }

  projections::Feed& feed() const { return runner->feed("deployments"); }
  Cursor head() const {
    Cursor cursor{log.incarnation(), {}};
    for (PartitionId i = 0; i < log.partitions(); ++i) cursor.seqs.push_back(log.head(i).seq);
    return cursor;
  }
  /// Waits until all that is written is folded.
  bool settle() const {
    return feed().progress().wait_for(head(), std::chrono::duration_cast<std::chrono::milliseconds>(kDeadline)).value();
  }

  log::Log& log;
  std::unique_ptr<projections::Runner> runner;
  deployments::Deployments deployments;
};

/// Random but possible lives of deployments, as records in order.
class Lives {
 public:
  explicit Lives(std::uint64_t seed, int count) : random_(seed), lives_(static_cast<std::size_t>(count)) {
    for (int i = 0; i < count; ++i) lives_[static_cast<std::size_t>(i)].id = id_of(i);
  }

  log::Record next(Instant time) {
    const auto number = pick(lives_.size());
    auto& life = lives_[number];
    const auto event = step(life, number, time);
    return record_of(life.id, ++life.version, event, time, number % 3 == 0 ? "other" : "default");
  }
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }

 private:
  struct Life {
    std::string id;
    Version version = 0;
    std::int32_t run = 0;
    deployments::Status status = deployments::Status::creating;
  };

  deployments::Event step(Life& life, std::size_t number, Instant time);

  std::mt19937_64 random_;
  std::vector<Life> lives_;
};

inline deployments::Event Lives::step(Life& life, std::size_t number, Instant time) {
  using namespace deployments;
  if (life.version == 0) {
    auto event = requested("name-" + std::to_string(number % 7));
    event.spec.price_usd_micro_per_hour = static_cast<std::int64_t>(pick(3)) * 1'000'000;
    event.spec.provider = pick(2) == 0 ? "local" : "runpod";
    event.owner = "user:" + std::to_string(pick(4));
    event.spec.labels["team"] = "t" + std::to_string(pick(3));
    return event;
  }
  const auto changed = [&] {
    DeploymentChanged event;
    event.price_usd_micro_per_hour = static_cast<std::int64_t>(pick(5)) * 777'777;
    event.labels = std::map<std::string, std::string>{{"team", "t" + std::to_string(pick(3))}};
    if (pick(4) == 0) event.name = "renamed-" + std::to_string(pick(3));
    return event;
  };
  if (life.status != Status::deleted && pick(6) == 0) return changed();
  switch (life.status) {
    case Status::creating:
      life.status = Status::starting;
      return DeploymentPrepared{"here", "rlimit", {}};
    case Status::starting:
      life.status = Status::running;
      return DeploymentStarted{++life.run, time};
    case Status::running:
      if (pick(3) == 0) {
        life.status = Status::starting;
        return DeploymentRestartScheduled{life.run, time, time, {"process.exited", "exit 3", 3, {}, {}}};
      }
      life.status = Status::stopping;
      return DeploymentStopRequested{life.run, false};
    case Status::stopping:
      life.status = Status::stopped;
      return DeploymentStopped{life.run, time, {"process.exited", "exit 0", 0, {}, {}}};
    case Status::stopped:
      if (pick(3) == 0) {
        life.status = Status::deleting;
        return DeploymentDeleteRequested{};
      }
      life.status = Status::starting;
      return DeploymentStartRequested{life.run + 1, 0};
    case Status::deleting:
      life.status = Status::deleted;
      return DeploymentDeleted{time};
    default:
      return changed();
  }
}

}  // namespace hub::testing
