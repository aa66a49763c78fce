#include "events/kafka/committed.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "events/kafka/consumer.hpp"
#include "events/kafka/record_codec.hpp"

namespace hub::kafka {
namespace {

using GroupList = std::unique_ptr<const rd_kafka_group_list, Destroyer<rd_kafka_group_list_destroy>>;

constexpr int kAskMs = 5'000;
constexpr std::chrono::milliseconds kPause{50};

/// So much is read of a partition at first, and so many times that when the end of no batch lies in it.
constexpr std::int64_t kStep = 256;
constexpr std::int64_t kStepFactor = 16;

Result<Client> make_asker(const Brokers& brokers) {
  Settings settings{{"isolation.level", "read_committed"}};
  settings.insert(kQuiet.begin(), kQuiet.end());
  HUB_TRY(auto conf, make_conf(brokers, settings));
  return make_client(RD_KAFKA_CONSUMER, std::move(conf));
}

/// Asks until it is answered: a leader that has just changed is found a moment later.
template <class Ask>
Result<void> ask(const Patience& patience, std::string_view doing, Ask ask_once) {
  while (true) {
    const rd_kafka_resp_err_t error = ask_once(patience.slice_ms(kAskMs));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return success();
    if (patience.over()) return failure_of(error, doing);
    std::this_thread::sleep_for(kPause);
  }
}

/// Reads each partition once, from where it is told to what is committed, and notes the last end of a batch.
class TailReader {
 public:
  explicit TailReader(std::size_t partitions) : ends_(partitions), reached_(partitions) {}

  Result<std::vector<PartitionEnd>> read(const Brokers& brokers, const std::string& topic,
                                         const std::vector<std::int64_t>& offsets, const Patience& patience) {
    Consumer::Handler handler;
    handler.message = [this](const rd_kafka_message_t& message) { take(message); };
    handler.reached_end = [this](PartitionId partition, std::int64_t) { reach(partition); };
    handler.truncated = [this](PartitionId partition) {
      {
        const std::lock_guard lock(mutex_);
        truncated_ = true;
      }
      reach(partition);
    };
    HUB_TRY(const auto consumer, Consumer::start(without_waiting(brokers), topic, offsets, std::move(handler)));
    std::unique_lock lock(mutex_);
    const auto all = [this] { return std::count(reached_.begin(), reached_.end(), true) == std::ssize(reached_); };
    if (!moved_.wait_for(lock, std::chrono::milliseconds(patience.left_ms()), all))
      return failure_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "the topic " + topic + " cannot be read");
    if (truncated_)
      return Failure{FailureKind::gone, "log.truncated", "the topic " + topic + " is kept no longer in full", "", 0};
    return ends_;
  }

 private:
  void take(const rd_kafka_message_t& message) {
    const std::lock_guard lock(mutex_);
    auto& end = ends_.at(static_cast<std::size_t>(message.partition));
    end.is_empty = false;
    auto incoming = from_message(message);
    if (incoming && std::holds_alternative<log::BatchEnd>(incoming->content))
      end.last = std::move(std::get<log::BatchEnd>(incoming->content));
  }
  void reach(PartitionId partition) {
    const std::lock_guard lock(mutex_);
    reached_.at(partition) = true;
    moved_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable moved_;
  std::vector<PartitionEnd> ends_;
  std::vector<bool> reached_;
  bool truncated_ = false;
};

}  // namespace

Brokers without_waiting(Brokers brokers) {
  brokers.conf.emplace("fetch.wait.max.ms", "10");
  return brokers;
}

Result<std::vector<Span>> committed_spans(const Brokers& brokers, const std::string& topic, std::uint32_t partitions,
                                          const Patience& patience) {
  HUB_TRY(const auto client, make_asker(brokers));
  std::vector<Span> spans(partitions);
  for (std::size_t id = 0; id < spans.size(); ++id) {
    auto& span = spans[id];
    HUB_TRY(ask(patience, "the topic " + topic + " cannot be looked at", [&](int wait_ms) {
      return rd_kafka_query_watermark_offsets(client.get(), topic.c_str(), static_cast<std::int32_t>(id), &span.low,
                                              &span.high, wait_ms);
    }));
  }
  return spans;
}

Result<std::vector<PartitionEnd>> find_ends(const Brokers& brokers, const std::string& topic, std::uint32_t partitions,
                                            const Patience& patience) {
  HUB_TRY(const auto spans, committed_spans(brokers, topic, partitions, patience));
  std::vector<PartitionEnd> ends(partitions);
  for (const auto& span : spans)
    if (span.low > 0)
      return Failure{FailureKind::gone, "log.truncated", "the topic " + topic + " is kept no longer in full", "", 0};
  for (std::int64_t step = kStep;; step *= kStepFactor) {
    std::vector<std::int64_t> offsets;
    bool is_wanted = false, is_more = false;
    for (std::size_t id = 0; id < spans.size(); ++id) {
      const auto from = std::max<std::int64_t>(spans[id].high - step, 0);
      offsets.push_back(ends[id].last ? spans[id].high : from);
      is_wanted = is_wanted || offsets.back() < spans[id].high;
      is_more = is_more || (!ends[id].last && from > 0);
    }
    if (!is_wanted) return ends;
    HUB_TRY(auto read, TailReader(partitions).read(brokers, topic, offsets, patience));
    for (std::size_t id = 0; id < ends.size(); ++id)
      if (!ends[id].last) ends[id] = std::move(read[id]);
    if (!is_more) return ends;
  }
}

Result<bool> has_members(const Brokers& brokers, const std::string& group, const Patience& patience) {
  HUB_TRY(const auto client, make_asker(brokers));
  const rd_kafka_group_list* found = nullptr;
  HUB_TRY(ask(patience, "the group " + group + " cannot be looked at", [&](int wait_ms) {
    const auto error = rd_kafka_list_groups(client.get(), group.c_str(), &found, wait_ms);
    if (error == RD_KAFKA_RESP_ERR__PARTIAL) {
      rd_kafka_group_list_destroy(found);
      found = nullptr;
    }
    return error;
  }));
  const GroupList list(found);
  for (int i = 0; i < list->group_cnt; ++i) {
    if (list->groups[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return failure_of(list->groups[i].err, "the group " + group + " cannot be looked at");
    if (list->groups[i].member_cnt > 0) return true;
  }
  return false;
}

}  // namespace hub::kafka
