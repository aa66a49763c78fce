#include "events/kafka/last_offsets.hpp"

namespace hub::kafka {
namespace {

constexpr Duration kQuestionPatience = milliseconds(1'000);

}  // namespace

Result<std::unique_ptr<LastOffsets>> LastOffsets::open(const Brokers& brokers, std::string topic) {
  // In requests of this kind, too, this decides what an end is.
  Settings settings{{"isolation.level", "read_uncommitted"}};
  settings.insert(kQuiet.begin(), kQuiet.end());
  HUB_TRY(auto conf, make_conf(brokers, settings));
  HUB_TRY(auto client, make_client(RD_KAFKA_CONSUMER, std::move(conf)));
  return std::unique_ptr<LastOffsets>(new LastOffsets(std::move(topic), std::move(client)));
}

LastOffsets::LastOffsets(std::string topic, Client client)
    : topic_(std::move(topic)),
      client_(std::move(client)),
      known_(rd_kafka_topic_new(client_.get(), topic_.c_str(), nullptr)) {
  HUB_ASSERT(known_ != nullptr);
}

Result<std::vector<std::int64_t>> LastOffsets::ask(const std::vector<PartitionId>& partitions) {
  const Patience patience(kQuestionPatience);
  rd_kafka_poll(client_.get(), 0);
  auto ends = ask_once(partitions, patience);
  if (ends || patience.over()) return ends;
  // Whoever led a partition may do so no longer.
  const rd_kafka_metadata_t* found = nullptr;
  if (rd_kafka_metadata(client_.get(), 0, known_.get(), &found, patience.left_ms()) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_metadata_destroy(found);
  return patience.over() ? std::move(ends) : ask_once(partitions, patience);
}

Result<std::vector<std::int64_t>> LastOffsets::ask_once(const std::vector<PartitionId>& partitions,
                                                        const Patience& patience) {
  const auto doing = "the ends of the topic " + topic_ + " do not come";
  const Offsets list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto partition : partitions) {
    auto* place = rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), static_cast<std::int32_t>(partition));
    // In place of a time.
    place->offset = RD_KAFKA_OFFSET_END;
  }
  const auto error = rd_kafka_offsets_for_times(client_.get(), list.get(), patience.left_ms());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return failure_of(error, doing);
  std::vector<std::int64_t> ends;
  for (const auto partition : partitions) {
    const auto* place =
        rd_kafka_topic_partition_list_find(list.get(), topic_.c_str(), static_cast<std::int32_t>(partition));
    if (place->err != RD_KAFKA_RESP_ERR_NO_ERROR) return failure_of(place->err, doing);
    // As it was asked: nobody has answered.
    if (place->offset < 0) return failure_of(RD_KAFKA_RESP_ERR__TIMED_OUT, doing);
    ends.push_back(place->offset);
  }
  return ends;
}

}  // namespace hub::kafka
