#pragma once
#include <cstddef>
#include <string>

#include "events/kafka/client.hpp"
#include "events/kafka/topics.hpp"
#include "events/log/inputs.hpp"

namespace hub::bench {

/// Entities that the commands of a figure are spread over.
inline constexpr std::size_t kEntities = 10'000;

/// A namespace of its own on the brokers, with 16 partitions.
struct Namespace {
  explicit Namespace(const std::string& bootstrap);

  kafka::Brokers brokers;
  std::string name;
  kafka::Topics topics;
  kafka::NamespaceRecord record;
};

/// The id of the tally with this number.
std::string tally_id(std::size_t number);

/// The command with this number, of about 200 bytes of attributes and data, that makes so many events.
log::Command count_command(std::size_t number, std::size_t events);

/// Lays so many commands on `<ns>.commands`, spread over all entities; returns when all are there.
void lay_commands(const Namespace& there, std::size_t count, std::size_t events_each);

/// Writes `count` messages of `bytes` to `<ns>.events` in transactions of 1,000, and answers the seconds that it took.
double write_raw(const Namespace& there, std::size_t count, std::size_t bytes);

kafka::Client producer_of(const Namespace& there, kafka::Settings settings = {});
/// Reads what is committed, as a member of `group` or by assign_all(); tells of each partition's end.
kafka::Client reader_of(const Namespace& there, const std::string& group);
void assign_all(const kafka::Client& reader, const std::string& topic, std::uint32_t partitions);
void send(const kafka::Client& producer, const Namespace& there, const log::Command& command);

/// Records that lie on a topic and are committed, and their bytes: keys, values and headers.
struct Volume {
  std::size_t records = 0;
  std::size_t bytes = 0;
};
Volume volume_of(const Namespace& there, const std::string& topic);

}  // namespace hub::bench
