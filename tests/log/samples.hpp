#pragma once
#include <atomic>
#include <filesystem>
#include <random>

#include "events/log/chain.hpp"
#include "events/log/log.hpp"

namespace hub::log::testing {

/// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("hub-log-" + to_hex(random_bytes(8)))) {
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline Record event(std::string entity, Version version, std::string data = R"({"a":1})") {
  Record record;
  record.type = "computehub.deployment.requested.v1";
  record.entity = std::move(entity);
  record.version = version;
  record.time = {1'700'000'000'000'000};
  record.command_id = "command-1";
  record.actor = "user:ada";
  record.organisation = "default";
  record.project = "default";
  record.data = std::move(data);
  return record;
}

inline Batch batch_of(PartitionId partition, Epoch epoch, std::vector<Record> records,
                      Instant index_time = {1'700'000'000'000'000}) {
  Batch batch;
  batch.partition = partition;
  batch.records = std::move(records);
  batch.end.epoch = epoch;
  batch.end.index_time = index_time;
  return batch;
}

/// Seals on `head` and moves it.
inline BatchPtr sealed(Batch batch, Head& head) {
  seal(batch, head);
  return std::make_shared<const Batch>(std::move(batch));
}

inline BatchPtr sealed_events(PartitionId partition, Head& head, std::vector<Record> records,
                              Instant index_time = {1'700'000'000'000'000}) {
  return sealed(batch_of(partition, head.epoch, std::move(records), index_time), head);
}

/// Every batch of a partition, by as many reads as it takes.
inline Result<std::vector<BatchPtr>> read_all(Log& log, PartitionId partition, std::size_t bytes_max = 1 << 20) {
  std::vector<BatchPtr> all;
  for (Seq from = 1;;) {
    HUB_TRY(auto batches, log.read(partition, from, bytes_max));
    if (batches.empty()) return all;
    from = batches.back()->end.last + 1;
    all.insert(all.end(), batches.begin(), batches.end());
  }
}

/// Batches of random shape for round trips: any bytes in any text, any numbers.
class RandomBatches {
 public:
  explicit RandomBatches(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t number() { return engine_() >> (engine_() % 64); }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
  std::string bytes(std::size_t size_max) {
    std::string out(below(size_max + 1), '\0');
    for (auto& byte : out) byte = static_cast<char>(engine_());
    return out;
  }
  Record record() {
    Record record;
    record.kind = static_cast<RecordKind>(1 + below(4));
    for (auto* text : {&record.type, &record.entity, &record.parent, &record.command_id, &record.actor,
                       &record.organisation, &record.project, &record.correlation_id})
      *text = bytes(40);
    record.version = number();
    record.parent_version = number();
    record.time = {static_cast<std::int64_t>(number())};
    record.data = bytes(300);
    return record;
  }
  Outcome outcome() {
    Outcome outcome;
    for (auto* text :
         {&outcome.command_id, &outcome.body_hash, &outcome.code, &outcome.detail, &outcome.field, &outcome.entity})
      *text = bytes(40);
    outcome.status = static_cast<std::int32_t>(number());
    outcome.version = number();
    return outcome;
  }
  Batch batch() {
    Batch batch;
    batch.partition = static_cast<PartitionId>(below(1'024));
    for (auto left = below(6); left > 0; --left) batch.records.push_back(record());
    for (auto left = below(3); left > 0; --left) batch.end.consumed.push_back({bytes(20), number()});
    for (auto left = below(4); left > 0; --left) batch.end.outcomes.push_back(outcome());
    batch.end.epoch = number();
    batch.end.index_time = {static_cast<std::int64_t>(number() >> 1U)};
    return batch;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace hub::log::testing
