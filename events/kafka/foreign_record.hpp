#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "events/core/instant.hpp"
#include "events/kafka/handles.hpp"

namespace hub::kafka {

/// A message with its exact bytes, as a reader that cannot make anything of it keeps it.
struct ForeignRecord {
  std::string topic;
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
  Instant at;  ///< as its producer or the broker says; unset: neither does
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};
ForeignRecord foreign_record(const rd_kafka_message_t& message);

/// Told of each before anything behind it counts as read; perhaps again after a restart.
using ForeignHandler = std::function<void(ForeignRecord)>;

}  // namespace hub::kafka
