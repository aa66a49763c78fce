// What the engine is compared with: an application of Kafka Streams on the same broker, in the same run.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <unordered_map>

#include "ops/bench/bench.hpp"
#include "ops/bench/kafka/namespace.hpp"

namespace hub::bench {
namespace {

constexpr int kAnswerMs = 10'000;
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::chrono::seconds kPatience{180};
constexpr std::size_t kWarmUp = 10'000;
constexpr std::size_t kTimed = 20'000;
constexpr std::chrono::microseconds kBetween{1'000};
constexpr auto kCacheByDefault = "10485760";
/// Each count is written, as each command of the engine is answered.
constexpr auto kNoCache = "0";
constexpr auto kCommitByDefault = "100";

/// The application as a child process: reads the commands of one namespace, and writes counts to the events of another.
class Application {
 public:
  Application(Bench& bench, const Namespace& there, const char* commit_ms, const char* cache_bytes)
      : id(there.name + "-counts"), output(bench.options.kafka), folder_(bench.options.folder) {
    const auto program = bench.options.streams.string();
    const auto state = folder_.path().string();
    pid_ = ::fork();
    require(pid_ >= 0, "no process");
    if (pid_ > 0) return;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::execl(program.c_str(), program.c_str(), bench.options.kafka.c_str(), id.c_str(), there.topics.commands.c_str(),
            output.topics.events.c_str(), state.c_str(), commit_ms, cache_bytes, nullptr);
    ::_exit(127);
  }
  ~Application() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  double cpu_seconds() const { return cpu_seconds_of(pid_); }

  const std::string id;
  const Namespace output;

 private:
  Folder folder_;
  pid_t pid_ = 0;
};

/// Records of the input that the application is done with.
std::size_t done(const kafka::Client& group, const Namespace& there) {
  const kafka::Offsets offsets(rd_kafka_topic_partition_list_new(static_cast<int>(there.record.partitions)));
  for (std::uint32_t partition = 0; partition < there.record.partitions; ++partition)
    rd_kafka_topic_partition_list_add(offsets.get(), there.topics.commands.c_str(),
                                      static_cast<std::int32_t>(partition));
  const auto error = rd_kafka_committed(group.get(), offsets.get(), kAnswerMs);
  require(error == RD_KAFKA_RESP_ERR_NO_ERROR, kafka::text_of(error));
  std::size_t sum = 0;
  for (int i = 0; i < offsets->cnt; ++i)
    sum += static_cast<std::size_t>(std::max<std::int64_t>(0, offsets->elems[i].offset));
  return sum;
}

/// From its first commit on, so that the start of a virtual machine counts for nothing.
void measure_throughput(Bench& bench) {
  const Namespace there(bench.options.kafka);
  const auto count = bench.options.kafka_commands;
  lay_commands(there, count, 1);
  const Application application(bench, there, kCommitByDefault, kCacheByDefault);
  const auto group = reader_of(there, application.id);
  const auto asked = Clock::now();
  const auto wait_for = [&](std::size_t least) {
    for (;;) {
      const auto now = done(group, there);
      if (now >= least) return now;
      require(Clock::now() - asked < kPatience, "the application does not come to the end of its input");
      std::this_thread::sleep_for(kLookEvery);
    }
  };
  const auto first = wait_for(1);
  const auto start = Clock::now();
  const auto cpu = application.cpu_seconds();
  require(first < count, "there are too few commands to see the application begin");
  wait_for(count);
  const auto rest = static_cast<double>(count - first);
  bench.report.add({"kafka_streams",
                    rest / seconds_since(start),
                    "records/s",
                    count - first,
                    {},
                    {},
                    (application.cpu_seconds() - cpu) / rest * 1e6});
}

/// Big-endian, as Java's clients write it.
std::size_t count_in(const rd_kafka_message_t& message) {
  require(message.len == 8, "a count has another size");
  const auto* bytes = static_cast<const unsigned char*>(message.payload);
  std::size_t count = 0;
  for (std::size_t i = 0; i < message.len; ++i) count = count << 8U | bytes[i];
  return count;
}

/// A record until its count can be read, at a steady pace.
void measure_latency(Bench& bench, const char* commit_ms) {
  const Namespace there(bench.options.kafka);
  const Application application(bench, there, commit_ms, kNoCache);
  const auto reader = reader_of(there, there.name + "-bench");
  assign_all(reader, application.output.topics.events, application.output.record.partitions);
  std::unordered_map<std::string, std::size_t> numbers;
  for (std::size_t i = 0; i < kEntities; ++i) numbers[tally_id(i)] = i;
  const auto producer = producer_of(there, {{"linger.ms", "0"}});
  // The first is waited for, so that the application runs when the clock does.
  send(producer, there, count_command(0, 1));
  const auto asked = Clock::now();
  const auto next = [&](int patience_ms) {
    for (;;) {
      kafka::Message message(rd_kafka_consumer_poll(reader.get(), patience_ms));
      if (!message || message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return message;
      require(Clock::now() - asked < kPatience, "the application gives no counts");
    }
  };
  while (!next(kAnswerMs)) require(Clock::now() - asked < kPatience, "the application gives no counts");
  const auto start = Clock::now();
  std::thread sender([&] {
    for (std::size_t i = 1; i < kWarmUp + kTimed; ++i) {
      std::this_thread::sleep_until(start + i * kBetween);
      send(producer, there, count_command(i, 1));
      rd_kafka_poll(producer.get(), 0);
    }
  });
  Latencies latencies(kTimed);
  for (std::size_t answered = 1; answered < kWarmUp + kTimed; ++answered) {
    const auto message = next(kAnswerMs);
    require(message != nullptr, "a count is missing");
    const std::string key(static_cast<const char*>(message->key), message->key_len);
    const auto number = (count_in(*message) - 1) * kEntities + numbers.at(key);
    if (number >= kWarmUp) latencies.add(Clock::now() - (start + number * kBetween));
  }
  sender.join();
  bench.report.add({std::string("kafka_streams_latency.commit_") + commit_ms,
                    1e6 / static_cast<double>(kBetween.count()),
                    "records/s",
                    latencies.count(),
                    {},
                    {}},
                   latencies);
}

}  // namespace

void measure_kafka_streams(Bench& bench) {
  require(!bench.options.streams.empty(), "--streams names what starts the application");
  measure_throughput(bench);
  measure_latency(bench, kCommitByDefault);
  measure_latency(bench, "10");
}

}  // namespace hub::bench
