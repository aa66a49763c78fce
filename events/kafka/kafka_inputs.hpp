#pragma once
#include "events/kafka/group_member.hpp"
#include "events/kafka/publisher.hpp"
#include "events/log/inputs.hpp"

namespace hub::kafka {

/// Commands on a topic of Kafka, whose partitions a group shares out among the nodes.
class KafkaInputs final : public log::Inputs {
 public:
  /// `partitions`: of the namespace.
  KafkaInputs(MemberOptions options, std::uint32_t partitions)
      : options_(std::move(options)), partitions_(partitions) {}

  Result<void> start(Handler handler) override;
  void stop() override;
  std::uint64_t begin(PartitionId partition, std::uint64_t session, std::uint64_t offset) override;
  void publish(PartitionId partition, const log::Command& command, Delivered delivered) override;

  /// Nothing in front of these offsets is there any more, by partition. Before start().
  void begin_from(std::vector<std::uint64_t> offsets) { kept_from_ = std::move(offsets); }
  const std::string& topic() const { return options_.topic; }
  bool started() const { return started_; }
  /// As GroupMember::metadata; null before start() and behind stop().
  std::shared_ptr<rd_kafka_consumer_group_metadata_t> metadata() const;

 private:
  const MemberOptions options_;
  const std::uint32_t partitions_;
  std::vector<std::uint64_t> kept_from_;  ///< empty: everything is there
  std::atomic<bool> started_{false};
  mutable std::mutex mutex_;  ///< guards the next two
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<GroupMember> member_;
};

}  // namespace hub::kafka
