#include "events/kafka/record_reader.hpp"

#include <chrono>

#include "events/core/logging.hpp"
#include "events/kafka/client_statistics.hpp"
#include "events/kafka/command_positions.hpp"

namespace hub::kafka {
namespace {

/// A start gives up when nothing is heard of a partition for so long.
constexpr std::chrono::seconds kSilenceMax{30};

Failure does_not_fit(Failure failure, const std::string& topic, std::int64_t offset) {
  failure.detail +=
      " (" + topic + ", offset " + std::to_string(offset) +
      "): the brokers have lost records, or somebody who is no node of this namespace has written there; "
      "let nodes alone write to it, and keep this folder: \"computehub audit verify\" tells what is sound";
  return failure;
}

}  // namespace

RecordReader::RecordReader(Options options, std::unique_ptr<log::Mirror> mirror)
    : options_(std::move(options)), mirror_(std::move(mirror)) {
  for (PartitionId id = 0; id < options_.partitions; ++id) {
    places_.push_back(std::make_unique<Place>(id, mirror_->head(id), mirror_->resume(id)));
    at(id).commands = commands_decided(*mirror_, id);
  }
}

Result<void> RecordReader::start(const Brokers& brokers) {
  std::vector<std::int64_t> offsets;
  for (const auto& place : places_) offsets.push_back(place->assembler.next_offset());
  Consumer::Handler handler;
  handler.message = [this](const rd_kafka_message_t& message) { take(message); };
  handler.truncated = [this](PartitionId partition) {
    auto& place = at(partition);
    const std::lock_guard lock(place.state);
    stop(place, events_truncated(options_.topic, partition));
  };
  handler.reached_end = [this](PartitionId partition, std::int64_t end) { reached_end(partition, end); };
  handler.statistics = [this](std::string_view json) { note_statistics(json, options_.topic, figures()); };
  HUB_TRY(last_offsets_, LastOffsets::open(brokers, options_.topic));
  waits_ = std::make_unique<EndWaits>(offsets, log::kReadPatience,
                                      [this](const auto& partitions) { return last_offsets_->ask(partitions); });
  HUB_TRY(consumer_, Consumer::start(brokers, options_.topic, offsets, std::move(handler)));
  return catch_up();
}

Result<void> RecordReader::catch_up() {
  for (const auto& place : places_) {
    std::unique_lock lock(place->state);
    while (!place->caught_up && !place->fault) {
      const auto before = place->assembler.next_offset();
      const auto told = place->moved.wait_for(lock, kSilenceMax);
      if (told == std::cv_status::timeout && place->assembler.next_offset() == before)
        return unavailable("kafka.unreachable", "the brokers answer, and nothing of the topic " + options_.topic +
                                                    " comes; look at its leaders with `computehub kafka describe`");
    }
    if (place->fault) return *place->fault;
  }
  return success();
}

void RecordReader::take(const rd_kafka_message_t& message) {
  auto& place = at(static_cast<PartitionId>(message.partition));
  const std::lock_guard lock(place.state);
  if (place.fault || place.own.pass(message.offset)) return;
  take(place, message);
}

void RecordReader::take(Place& place, const rd_kafka_message_t& message) {
  auto behind = EndWaits::Behind::record;
  auto incoming = from_message(message);
  if (!incoming) {
    behind = EndWaits::Behind::end;
    logging::write(logging::Level::warning, "a foreign record lies on the topic; it is left out",
                   {{"partition", message.partition}, {"offset", message.offset}});
    ++figures().foreign_records;
    if (options_.foreign) options_.foreign(foreign_record(message));
    place.assembler.pass(message.offset);
  } else {
    const auto void_before = place.assembler.void_records();
    auto batch = place.assembler.take(std::move(*incoming), message.offset);
    figures().void_records += place.assembler.void_records() - void_before;
    if (!batch) return stop(place, does_not_fit(std::move(batch).error(), options_.topic, message.offset));
    if (batch.value()) keep(place, batch.value());
  }
  figures().read_to(static_cast<PartitionId>(message.partition), place.assembler.next_offset());
  waits_->read_to(static_cast<PartitionId>(message.partition), place.assembler.next_offset(), behind);
  place.moved.notify_all();
}

void RecordReader::take_own(Place& place, const log::BatchPtr& batch, const std::vector<std::int64_t>& offsets) {
  const auto next = offsets.back() + 1;
  if (place.assembler.next_offset() >= next) return;
  for (const auto offset : offsets)
    if (offset >= place.assembler.next_offset()) place.own.add(offset);
  place.assembler.skip_to(*batch, next);
  keep(place, batch);
  figures().read_to(batch->partition, next);
  waits_->read_to(batch->partition, next, EndWaits::Behind::record);
}

void RecordReader::reached_end(PartitionId partition, std::int64_t end) {
  auto& place = at(partition);
  const std::lock_guard lock(place.state);
  if (!place.fault) waits_->read_to(partition, end, EndWaits::Behind::end);
  place.caught_up = true;
  figures().at_end(partition);
  place.moved.notify_all();
}

void RecordReader::keep(Place& place, const log::BatchPtr& batch) {
  if (auto kept = mirror_->take({{batch, place.assembler.resume()}}); !kept)
    return stop(place, std::move(kept).error());
  place.commands = commands_of(*batch).value_or(place.commands);
  watchers_.tell({batch});
}

void RecordReader::stop(Place& place, Failure failure) {
  const auto partition = place.assembler.partition();
  logging::write(logging::Level::error, "a partition cannot be read any more",
                 {{"partition", partition}, {"code", failure.code}, {"why", failure.detail}});
  figures().stopped(partition, failure);
  place.fault = std::move(failure);
  place.moved.notify_all();
}

void RecordReader::disown_all() {
  for (const auto& place : places_) {
    const std::lock_guard lock(place->state);
    place->owner.clear();
  }
}

}  // namespace hub::kafka
