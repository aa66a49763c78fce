#include <fmt/format.h>

#include <boost/describe.hpp>

#include "events/core/json_codec.hpp"
#include "events/kafka/topics.hpp"
#include "gateway/cli/table.hpp"
#include "gateway/cli/text.hpp"
#include "gateway/offline/commands.hpp"
#include "gateway/offline/moving.hpp"
#include "gateway/offline/words.hpp"

namespace hub::offline {
namespace {

using cli::Cell;
using cli::Colour;
using cli::Console;
using cli::Exit;

constexpr std::size_t kShownDigits = 16;
constexpr double kMicros = 1e6;

struct SumJson {
  std::uint64_t seq = 0;
  std::string hash;
  std::string states;
  std::uint64_t entities = 0;
};
BOOST_DESCRIBE_STRUCT(SumJson, (), (seq, hash, states, entities))
struct PartitionJson {
  std::uint32_t partition = 0;
  bool equal = false;
  SumJson folder;
  SumJson kafka;
};
BOOST_DESCRIBE_STRUCT(PartitionJson, (), (partition, equal, folder, kafka))
struct MovedJson {
  std::string from;
  std::string to;
  std::string name;
  bool equal = false;
  std::uint64_t records = 0;
  std::uint64_t copied = 0;
  std::uint64_t transactions = 0;
  std::uint64_t unfolded = 0;
  std::uint64_t secrets = 0;
  std::int64_t copying_ms = 0;
  std::int64_t verifying_ms = 0;
  std::vector<PartitionJson> partitions;
};
BOOST_DESCRIBE_STRUCT(MovedJson, (),
                      (from, to, name, equal, records, copied, transactions, unfolded, secrets, copying_ms,
                       verifying_ms, partitions))

SumJson json_of(const PartitionSum& sum) {
  return {sum.seq, to_hex(sum.hash), to_hex(sum.states), sum.entities};
}

std::uint64_t unfolded(const Moved& moved) {
  std::uint64_t all = 0;
  for (const auto& each : moved.partitions) all += each.folder.unfolded;
  return all;
}

std::string json_of(const Moved& moved, const cli::Migrate& wanted) {
  constexpr std::int64_t kMicrosAMilli = 1'000;
  MovedJson json{wanted.to_kafka ? "embedded" : "kafka",
                 wanted.to_kafka ? "kafka" : "embedded",
                 wanted.cluster.name,
                 moved.is_equal(),
                 moved.records,
                 moved.copied,
                 moved.transactions,
                 unfolded(moved),
                 moved.secrets,
                 moved.copying.micros / kMicrosAMilli,
                 moved.verifying.micros / kMicrosAMilli,
                 {}};
  for (std::uint32_t id = 0; id < moved.partitions.size(); ++id) {
    const auto& [folder, kafka] = moved.partitions[id];
    json.partitions.push_back({id, folder == kafka, json_of(folder), json_of(kafka)});
  }
  return to_json(json);
}

/// "12.3 s, 81,000 a second"
std::string pace_text(Duration took, std::uint64_t records) {
  const auto seconds = static_cast<double>(std::max<std::int64_t>(took.micros, 1)) / kMicros;
  return fmt::format("{:.1f} s, {} a second", seconds,
                     counted(static_cast<std::uint64_t>(static_cast<double>(records) / seconds), "record"));
}

std::string sums_table(const Moved& moved, const Console& console) {
  std::vector<std::vector<Cell>> rows;
  for (std::size_t id = 0; id < moved.partitions.size(); ++id) {
    const auto& [folder, kafka] = moved.partitions[id];
    const auto pair = [](const Digest& here, const Digest& there) {
      const auto one = to_hex(here).substr(0, kShownDigits), other = to_hex(there).substr(0, kShownDigits);
      return here == there ? one + " = " + other : one + " ≠ " + other;
    };
    const auto colour = folder == kafka ? Colour::green : Colour::red;
    rows.push_back({{std::to_string(id)},
                    {cli::count_text(static_cast<std::int64_t>(folder.seq))},
                    {pair(folder.hash, kafka.hash), colour},
                    {cli::count_text(static_cast<std::int64_t>(folder.entities))},
                    {pair(folder.states, kafka.states), colour}});
  }
  return cli::render_table({{"PARTITION", true},
                            {"RECORDS", true},
                            {"CHAIN: FOLDER AND KAFKA"},
                            {"ENTITIES", true},
                            {"STATES: FOLDER AND KAFKA"}},
                           rows, console);
}

void print(const Moved& moved, const cli::Migrate& wanted, Console& console) {
  console.out(sums_table(moved, console));
  console.line("");
  std::vector<std::pair<std::string, Cell>> fields{{"record", {counted(moved.records, "record")}}};
  if (wanted.to_kafka)
    fields.push_back({"copied",
                      {counted(moved.copied, "record") + " in " + counted(moved.transactions, "transaction") + ", " +
                       pace_text(moved.copying, moved.copied)}});
  fields.push_back({"read back", {pace_text(moved.verifying, moved.records)}});
  if (const auto count = unfolded(moved); count > 0)
    fields.push_back({"not folded", {counted(count, "entity") + ": their events are compared instead"}});
  if (moved.secrets > 0) fields.push_back({"secrets", {counted(moved.secrets, "value") + ", data keys among them"}});
  console.out(cli::render_fields(fields, console));
}

std::string next_command(const cli::Migrate& wanted) {
  if (!wanted.to_kafka) return fmt::format("go on:  computehub serve --data {}", wanted.data.string());
  const auto& cluster = wanted.cluster;
  return fmt::format("go on:  computehub serve --log kafka --kafka-brokers {}{} --data {}", cluster.brokers,
                     cluster.name == kafka::kNamespaceDefault ? "" : " --namespace " + cluster.name,
                     wanted.data.string());
}

}  // namespace

Result<Exit> migrate(const cli::Migrate& wanted, Console& console) {
  MoveOptions options{{wanted.cluster.brokers, wanted.cluster.properties},
                      wanted.cluster.name,
                      {wanted.data},
                      [&console](const std::string& line) { console.err(line); },
                      wanted.wait,
                      wanted.encryption,
                      wanted.node,
                      wanted.replication};
  const auto moved = wanted.to_kafka ? move_to_kafka(options) : move_to_embedded(options);
  if (!moved) return moved.error();
  if (console.json)
    console.line(json_of(moved.value(), wanted));
  else
    print(moved.value(), wanted, console);
  if (!moved.value().is_equal()) {
    if (!console.json)
      console.line(cli::coloured("bad", Colour::red, console) + ": what is on Kafka is not what is in the folder");
    return Exit::unverified;
  }
  if (!console.json) console.line("equal: chains and states; " + next_command(wanted));
  return Exit::done;
}

}  // namespace hub::offline
