#pragma once
#include "events/core/ids.hpp"
#include "events/kafka/record_codec.hpp"

namespace hub::kafka {

/// Gives a message to the client, which takes its headers; `opaque` comes back with the report of its delivery. Key and
/// value are copied.
rd_kafka_resp_err_t produce(rd_kafka_t* client, const std::string& topic, PartitionId partition, Outgoing& message,
                            void* opaque);

}  // namespace hub::kafka
