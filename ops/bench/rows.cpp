#include "ops/bench/rows.hpp"

#include "events/deployments/events.hpp"
#include "events/log/chain.hpp"
#include "events/log/embedded_log.hpp"
#include "events/log/signing.hpp"
#include "ops/bench/report.hpp"

namespace hub::bench {
namespace {

constexpr std::size_t kBatchRecords = 512;
constexpr std::size_t kWriteBufferBytes = 64 << 20;

std::string command_of(std::size_t number) {
  return "bench-command-" + std::to_string(number);
}

/// Collects the records of one partition and writes them in batches.
class PartitionWriter {
 public:
  PartitionWriter(log::Log& log, PartitionId partition) : log_(log), partition_(partition) {
    auto claimed = log_.claim(partition, "bench");
    require(claimed.has_value(), "a partition of the log cannot be claimed");
    head_ = claimed.value();
  }

  void add(log::Record record) {
    log::Outcome outcome;
    outcome.command_id = record.command_id;
    outcome.body_hash = std::string(32, 'h');
    outcome.entity = record.entity;
    outcome.version = record.version;
    batch_.end.outcomes.push_back(std::move(outcome));
    batch_.records.push_back(std::move(record));
    if (batch_.records.size() == kBatchRecords) write();
  }

  void write() {
    if (batch_.records.empty()) return;
    batch_.partition = partition_;
    batch_.end.epoch = head_.epoch;
    batch_.end.index_time = wall_now();
    log::seal(batch_, head_);
    const auto appended = log_.append({std::make_shared<const log::Batch>(std::move(batch_))});
    require(appended == log::Append::committed, "the log does not take a batch");
    batch_ = {};
  }

 private:
  log::Log& log_;
  PartitionId partition_;
  log::Head head_;
  log::Batch batch_;
};

}  // namespace

std::string id_of(std::size_t number) {
  return derive_id(deployments::kDeploymentPrefix, command_of(number), 0);
}

log::Record requested(std::size_t number, Instant time) {
  deployments::DeploymentRequested event;
  event.spec.name = "service-" + std::to_string(number);
  event.spec.provider = "local";
  event.spec.command = {"python3", "-m", "http.server", "--directory", "public"};
  event.spec.labels = {{"team", "t" + std::to_string(number % 10)}, {"env", "production"}};
  event.spec.price_usd_micro_per_hour = 250'000;
  event.desired = deployments::Desired::stopped;
  event.owner = "user:" + std::to_string(number % 100);
  log::Record record;
  record.type = deployments::DeploymentRequested::type;
  record.command_id = command_of(number);
  record.entity = derive_id(deployments::kDeploymentPrefix, record.command_id, 0);
  record.version = 1;
  record.time = time;
  record.actor = event.owner;
  record.organisation = "default";
  record.project = "default";
  record.data = deployments::encode_event(event);
  return record;
}

Filled fill(const std::filesystem::path& data, std::size_t rows) {
  // A server that finds records expects their key.
  require(log::Signer::open(data / "keys").has_value(), "no key can be made");
  std::filesystem::create_directories(data);
  log::EmbeddedOptions options;
  options.folder = data / "log";
  options.memory_bytes_max = kWriteBufferBytes;
  auto opened = log::open_embedded_log(options);
  require(opened.has_value(), "the log cannot be opened");
  auto& log = *opened.value();
  std::vector<PartitionWriter> writers;
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) writers.emplace_back(log, partition);
  Filled filled;
  filled.rows = rows;
  for (std::size_t number = 0; number < rows; ++number) {
    if (number == rows / 2) {
      for (auto& writer : writers) writer.write();
      filled.middle = wall_now();
    }
    auto record = requested(number, wall_now());
    writers[partition_of(record.entity, log.partitions())].add(std::move(record));
  }
  for (auto& writer : writers) writer.write();
  return filled;
}

}  // namespace hub::bench
