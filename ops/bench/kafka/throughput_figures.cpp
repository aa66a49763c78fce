#include "ops/bench/bench.hpp"
#include "ops/bench/kafka/node.hpp"

namespace hub::bench {
namespace {

/// Commands lie on their topic; then the engine starts, and the clock with it.
void measure(Bench& bench, const std::string& name, std::size_t commands, std::size_t events_each) {
  const Namespace there(bench.options.kafka);
  lay_commands(there, commands, events_each);
  const auto events = commands * events_each;
  double seconds = 0;
  double cpu = 0;
  {
    Node node(there, bench.options.folder, "bench");
    const auto cpu_before = own_cpu_seconds();
    const auto start = Clock::now();
    node.start();
    node.wait_for(events);
    seconds = seconds_since(start);
    cpu = own_cpu_seconds() - cpu_before;
    require(node.events() == events, "there are more events than were asked for");
  }
  const auto count = static_cast<double>(events);
  bench.report.add({"kafka_" + name, count / seconds, "events/s", events, {}, {}, cpu / count * 1e6});

  const auto volume = volume_of(there, there.topics.events);
  const auto bytes = volume.bytes / volume.records;
  const auto cpu_before = own_cpu_seconds();
  const auto raw = write_raw(Namespace(bench.options.kafka), volume.records, bytes);
  const auto records = static_cast<double>(volume.records);
  bench.report.add({"kafka_" + name + ".raw",
                    records / raw,
                    "records/s",
                    volume.records,
                    {},
                    {},
                    (own_cpu_seconds() - cpu_before) / records * 1e6});
  bench.report.add({"kafka_" + name + ".share", 100 * (records / seconds) / (records / raw), "% of raw", 1, {}, {}});
}

}  // namespace

void measure_kafka_single(Bench& bench) {
  measure(bench, "single", bench.options.kafka_commands, 1);
}

void measure_kafka_many(Bench& bench) {
  measure(bench, "ten", bench.options.kafka_commands / 10, 10);
}

}  // namespace hub::bench
