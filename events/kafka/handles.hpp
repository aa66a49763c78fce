#pragma once
#include <librdkafka/rdkafka.h>

#include <memory>

namespace hub::kafka {

/// Ends a thing of librdkafka with the function that belongs to it.
template <auto Destroy>
struct Destroyer {
  template <class Thing>
  void operator()(Thing* thing) const {
    Destroy(thing);
  }
};

using Conf = std::unique_ptr<rd_kafka_conf_t, Destroyer<rd_kafka_conf_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Destroyer<rd_kafka_message_destroy>>;
using Headers = std::unique_ptr<rd_kafka_headers_t, Destroyer<rd_kafka_headers_destroy>>;
using Offsets = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroyer<rd_kafka_topic_partition_list_destroy>>;
using Error = std::unique_ptr<rd_kafka_error_t, Destroyer<rd_kafka_error_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroyer<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroyer<rd_kafka_event_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroyer<rd_kafka_NewTopic_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Destroyer<rd_kafka_AdminOptions_destroy>>;
/// Ends the client and its threads; may wait for brokers that do not answer.
using Client = std::unique_ptr<rd_kafka_t, Destroyer<rd_kafka_destroy>>;

}  // namespace hub::kafka
