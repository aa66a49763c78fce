#include "events/kafka/client_statistics.hpp"

#include <simdjson.h>

namespace hub::kafka {

void note_statistics(std::string_view json, std::string_view topic, KafkaFigures& figures) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return;
  simdjson::dom::object brokers;
  if (root["brokers"].get(brokers) == simdjson::SUCCESS) {
    bool connected = false;
    for (const auto [name, broker] : brokers) {
      std::string_view state;
      connected = connected || (broker["state"].get(state) == simdjson::SUCCESS && state == "UP");
    }
    figures.away = !connected;
  }
  simdjson::dom::object partitions;
  if (root["topics"][topic]["partitions"].get(partitions) != simdjson::SUCCESS) return;
  for (const auto [name, partition] : partitions) {
    std::int64_t number = 0, end = 0;
    if (partition["partition"].get(number) != simdjson::SUCCESS || number < 0) continue;
    if (partition["ls_offset"].get(end) == simdjson::SUCCESS && end >= 0)
      figures.ends_at(static_cast<PartitionId>(number), end);
  }
}

}  // namespace hub::kafka
