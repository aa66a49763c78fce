#include "events/kafka/topic_reading.hpp"

namespace hub::kafka {
namespace {

constexpr int kLookMs = 2'000;

}  // namespace

TopicReading::TopicReading(rd_kafka_t* client, const std::string& topic, const Patience& patience)
    : topic_(rd_kafka_topic_new(client, topic.c_str(), nullptr)) {
  HUB_ASSERT(topic_ != nullptr);
  // Reading that begins before it is known where the topic lies begins half a second later. What goes wrong here goes
  // wrong again when records are fetched.
  const rd_kafka_metadata_t* found = nullptr;
  if (rd_kafka_metadata(client, 0, topic_.get(), &found, patience.slice_ms(kLookMs)) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_metadata_destroy(found);
  HUB_ASSERT(rd_kafka_consume_start(topic_.get(), kOnlyPartition, RD_KAFKA_OFFSET_BEGINNING) == 0);
}

TopicReading::~TopicReading() {
  rd_kafka_consume_stop(topic_.get(), kOnlyPartition);
}

}  // namespace hub::kafka
