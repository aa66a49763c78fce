#include "events/kafka/client_statistics.hpp"

#include <simdjson.h>

#include <algorithm>
#include <limits>

#include "events/core/logging.hpp"

namespace hub::kafka {
namespace {

constexpr auto kNever = std::numeric_limits<std::int64_t>::max();

void tell(bool was_away, bool is_away) {
  if (is_away == was_away) return;
  if (is_away)
    logging::write(logging::Level::error, "no broker answers: writers are refused, and what is here is read on");
  else
    logging::write(logging::Level::info, "brokers answer again");
}

}  // namespace

void note_statistics(std::string_view json, std::string_view topic, KafkaFigures& figures) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return;
  simdjson::dom::object brokers;
  if (root["brokers"].get(brokers) == simdjson::SUCCESS) {
    std::int64_t quietest = kNever;
    bool connected = false;
    for (const auto [name, broker] : brokers) {
      std::string_view state;
      if (broker["state"].get(state) != simdjson::SUCCESS || state != "UP") continue;
      connected = true;
      std::int64_t silent = 0;
      if (broker["rxidle"].get(silent) == simdjson::SUCCESS && silent >= 0) quietest = std::min(quietest, silent);
    }
    if (quietest != kNever) figures.heard(Duration{quietest});
    tell(figures.away.exchange(!connected), !connected);
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
