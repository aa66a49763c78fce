#pragma once
#include <string_view>

#include "events/kafka/kafka_figures.hpp"

namespace hub::kafka {

/// Takes from what librdkafka tells of a client (its statistics, JSON) whether a broker is connected, and where the
/// partitions of `topic` end. What is not there, or of another shape, changes nothing.
void note_statistics(std::string_view json, std::string_view topic, KafkaFigures& figures);

}  // namespace hub::kafka
