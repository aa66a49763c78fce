// Writes the log that a server would have after a long time into a new data folder: deployments with ten events each,
// signed as they come.
//
//   hub_history DIR PARTITIONS RECORDS
//
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "events/deployments/events.hpp"
#include "events/log/chain.hpp"
#include "events/log/checkpoint.hpp"
#include "events/log/claim.hpp"
#include "events/log/embedded_log.hpp"

namespace hub {
namespace {

constexpr std::uint64_t kEventsEach = 10;
constexpr std::size_t kBatchRecords = 50;
constexpr Duration kStep{2'000};                 // between two batches
constexpr Duration kSignEvery{500'000};          // of a partition
constexpr std::size_t kEntitiesAtATime = 1'000;  // that change in turn

void must(bool good, const std::string& why) {
  if (good) return;
  std::fprintf(stderr, "hub_history: %s\n", why.c_str());
  std::exit(EXIT_FAILURE);
}

class History {
 public:
  History(const std::filesystem::path& folder, std::uint32_t partitions, std::uint64_t records)
      : signer_(log::Signer::open(folder / "keys").value()), wanted_(records), places_(partitions), heads_(partitions) {
    log::EmbeddedOptions options;
    options.folder = folder / "log";
    options.partitions = partitions;
    options.sync = false;
    auto opened = log::open_embedded_log(options);
    must(static_cast<bool>(opened), opened ? "" : opened.error().detail);
    log_ = std::move(opened).value();
    std::ofstream(folder / "log" / "public-key.pem") << signer_.public_key().pem();
    for (PartitionId id = 0; id < partitions; ++id) heads_[id] = log_->claim(id, "history").value();
    written_ = partitions;
    now_ = wall_now();
  }

  void write() {
    for (std::uint64_t first = 0; written_ < wanted_; first += kEntitiesAtATime)
      for (Version version = 1; version <= kEventsEach && written_ < wanted_; ++version)
        for (std::uint64_t i = 0; i < kEntitiesAtATime && written_ < wanted_; ++i) add(first + i, version);
    for (PartitionId id = 0; id < places_.size(); ++id) {
      append(id);
      sign(id);
      append(id);
    }
  }

 private:
  struct Place {
    log::Batch batch;
    Instant signed_at;
  };

  void add(std::uint64_t number, Version version) {
    const auto command = "history-" + std::to_string(number);
    const auto entity = derive_id("dep_", command, 0);
    const auto partition = partition_of(entity, static_cast<std::uint32_t>(places_.size()));
    auto& batch = places_[partition].batch;
    log::Record record;
    const auto event = make_event(number, version);
    record.type = deployments::type_of_event(event);
    record.data = deployments::encode_event(event);
    record.entity = entity;
    record.version = version;
    record.time = now_;
    record.command_id = command + "-" + std::to_string(version);
    record.actor = "user:dev";
    record.organisation = "default";
    record.project = "default";
    record.correlation_id = record.command_id;
    batch.end.outcomes.push_back({record.command_id, std::string(32, 'b'), 0, {}, {}, {}, entity, version});
    batch.records.push_back(std::move(record));
    ++written_;
    if (batch.records.size() >= kBatchRecords) append(partition);
  }

  static deployments::Event make_event(std::uint64_t number, Version version) {
    const auto name = "history-" + std::to_string(number) + "-" + std::to_string(version);
    if (version > 1) {
      deployments::DeploymentChanged changed;
      changed.name = name;
      changed.labels = {{"number", std::to_string(number)}, {"version", std::to_string(version)}};
      return changed;
    }
    deployments::DeploymentRequested requested;
    requested.spec.name = name;
    requested.spec.provider = "local";
    requested.spec.command = {"sleep", "600"};
    requested.desired = deployments::Desired::stopped;
    requested.owner = "user:dev";
    return requested;
  }

  void append(PartitionId id) {
    auto& place = places_[id];
    if (place.batch.records.empty()) return;
    now_.micros += kStep.micros;
    auto batch = std::exchange(place.batch, {});
    batch.partition = id;
    batch.end.epoch = heads_[id].epoch;
    batch.end.index_time = now_;
    log::seal(batch, heads_[id]);
    must(log_->append({std::make_shared<const log::Batch>(std::move(batch))}) == log::Append::committed, "append");
    if (now_.micros - place.signed_at.micros > kSignEvery.micros) sign(id);
  }

  /// As the first record of the batch to come.
  void sign(PartitionId id) {
    places_[id].signed_at = now_;
    places_[id].batch.records.push_back(log::make_checkpoint(signer_, id, heads_[id], heads_, now_));
    ++written_;
  }

  const log::Signer signer_;
  const std::uint64_t wanted_;
  std::unique_ptr<log::Log> log_;
  std::vector<Place> places_;
  std::vector<log::Head> heads_;
  std::uint64_t written_ = 0;
  Instant now_;
};

}  // namespace
}  // namespace hub

int main(int argc, char** argv) {
  hub::must(argc == 4, "DIR PARTITIONS RECORDS");
  hub::History(argv[1], static_cast<std::uint32_t>(std::stoul(argv[2])), std::stoull(argv[3])).write();
  return EXIT_SUCCESS;
}
