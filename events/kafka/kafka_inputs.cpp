#include "events/kafka/kafka_inputs.hpp"

#include <algorithm>

#include "events/core/logging.hpp"
#include "events/kafka/command_codec.hpp"

namespace hub::kafka {

Result<void> KafkaInputs::start(Handler handler) {
  HUB_TRY(auto publisher, Publisher::open(options_.brokers, options_.topic));
  GroupMember::Handler heard;
  heard.assigned = handler.assigned;
  heard.revoked = handler.revoked;
  heard.truncated = handler.truncated;
  heard.message = [this, arrived = handler.arrived](std::uint64_t session, const rd_kafka_message_t& message) {
    auto command = command_from(message);
    // Where its owner would not look nobody of ours has put it.
    if (command && partition_of(command->entity, partitions_) != static_cast<PartitionId>(message.partition))
      command.reset();
    if (!command) {
      logging::write(
          logging::Level::warning, "a foreign record lies on the topic; it is left out",
          {{"topic", rd_kafka_topic_name(message.rkt)}, {"partition", message.partition}, {"offset", message.offset}});
      if (options_.foreign) options_.foreign(foreign_record(message));
    }
    arrived(static_cast<PartitionId>(message.partition), session, static_cast<std::uint64_t>(message.offset),
            std::move(command));
  };
  heard.expelled = [this, expelled = handler.expelled] {
    expelled(conflict("node.name_taken", "another process takes part under the name " + options_.instance +
                                             "; this one ends: each node needs a name and a data folder of its own"));
  };
  const std::lock_guard lock(mutex_);
  HUB_TRY(member_, GroupMember::join(options_, std::move(heard)));
  publisher_ = std::move(publisher);
  started_ = true;
  return success();
}

void KafkaInputs::stop() {
  std::unique_ptr<Publisher> publisher;
  GroupMember* member = nullptr;
  {
    const std::lock_guard lock(mutex_);
    publisher = std::move(publisher_);
    member = member_.get();
  }
  // Beyond the lock: their last calls may come back here.
  if (member != nullptr) member->stop();
}

std::uint64_t KafkaInputs::begin(PartitionId partition, std::uint64_t session, std::uint64_t offset) {
  if (partition < kept_from_.size()) offset = std::max(offset, kept_from_[partition]);
  const std::lock_guard lock(mutex_);
  if (member_) member_->begin(partition, session, offset);
  return offset;
}

void KafkaInputs::publish(PartitionId partition, const log::Command& command, Delivered delivered) {
  auto message = to_message(command);
  {
    const std::lock_guard lock(mutex_);
    if (publisher_ && publisher_->publish(partition, std::move(message), delivered)) return;
  }
  // Beyond the lock: whoever is told may publish the next one.
  delivered(log::Delivery::not_there);
}

std::shared_ptr<rd_kafka_consumer_group_metadata_t> KafkaInputs::metadata() const {
  const std::lock_guard lock(mutex_);
  return member_ ? member_->metadata() : nullptr;
}

}  // namespace hub::kafka
