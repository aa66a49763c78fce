#include "events/kafka/shared_topic.hpp"

#include "events/kafka/produce.hpp"
#include "events/kafka/topic_reading.hpp"
#include "events/kafka/topics.hpp"

namespace hub::kafka {
namespace {

constexpr int kSliceMs = 250;
constexpr std::int64_t kMicrosOfMs = 1'000;

/// Key of the records that only mark a place; their content is that the key is deleted.
constexpr auto kMark = "mark";

/// What became of the records of one write.
struct Deliveries {
  std::size_t left = 0;
  std::int64_t offset = -1;  ///< of the last one
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* deliveries = static_cast<Deliveries*>(message->_private);
  --deliveries->left;
  deliveries->offset = message->offset;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) deliveries->error = message->err;
}

}  // namespace

/// Held by the one who writes.
class SharedTopic::Turn {
 public:
  Turn(SharedTopic& topic, const Patience& patience) : topic_(topic) {
    std::unique_lock lock(topic_.mutex_);
    held_ =
        topic_.freed_.wait_for(lock, std::chrono::milliseconds(patience.left_ms()), [this] { return !topic_.taken_; });
    if (held_) topic_.taken_ = true;
  }
  ~Turn() {
    if (!held_) return;
    {
      const std::lock_guard lock(topic_.mutex_);
      topic_.taken_ = false;
    }
    topic_.freed_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool held() const { return held_; }

 private:
  SharedTopic& topic_;
  bool held_ = false;
};

Result<std::unique_ptr<SharedTopic>> SharedTopic::open(Options options, Take take, const Patience& patience) {
  std::unique_ptr<SharedTopic> topic(new SharedTopic(std::move(options)));
  HUB_TRY(topic->open_writer());
  const auto each = [take = std::move(take)](const rd_kafka_message_t& message) {
    take(bytes_of(message.key, message.key_len), value_of(message));
  };
  HUB_TRY(topic->follower_, TopicFollower::start(topic->options_.brokers, topic->options_.topic, each));
  // Behind a record of our own everything before it was read; the brokers' word for where the end is may take for ever.
  for (;;) {
    const auto read = topic->write({{kMark, std::nullopt}}, patience);
    if (read) return topic;
    if (read.error().kind != FailureKind::unavailable || patience.over()) return read.error();
  }
}

SharedTopic::~SharedTopic() {
  follower_.reset();
  drop_writer();
}

Result<void> SharedTopic::open_writer() {
  // Each record once, also when it has to be sent again: readers tell the first of several from those behind it.
  Settings settings{{"enable.idempotence", "true"},
                    {"acks", "all"},
                    {"linger.ms", "0"},
                    {"message.timeout.ms", std::to_string(options_.delivery_max.micros / kMicrosOfMs)},
                    {"socket.timeout.ms", "2000"},
                    {"message.max.bytes", std::to_string(kBatchBytesMax)}};
  settings.insert(kQuiet.begin(), kQuiet.end());
  HUB_TRY(auto conf, make_conf(options_.brokers, settings));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
  HUB_TRY(writer_, make_client(RD_KAFKA_PRODUCER, std::move(conf)));
  return success();
}

void SharedTopic::drop_writer() {
  if (!writer_) return;
  // What is under way is given up; whoever sent it is told so before the client ends.
  rd_kafka_purge(writer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(writer_.get(), kSliceMs);
  writer_.reset();
}

Result<void> SharedTopic::catch_up() {
  return write({{kMark, std::nullopt}});
}

Result<void> SharedTopic::write(const std::vector<Record>& records) {
  return write(records, Patience(options_.patience));
}

Result<void> SharedTopic::write(const std::vector<Record>& records, const Patience& patience) {
  const Turn turn(*this, patience);
  if (!turn.held()) return failure_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "the topic " + options_.topic + " is busy");
  auto last = deliver(records, patience);
  // That it had been there already is said without its place.
  if (last && last.value() < 0) last = deliver({{kMark, std::nullopt}}, patience);
  if (!last) return std::move(last).error();
  return follower_->wait_for(last.value(), patience);
}

/// Answers the offset of the last one.
Result<std::int64_t> SharedTopic::deliver(const std::vector<Record>& records, const Patience& patience) {
  if (!writer_) {
    HUB_TRY(open_writer());
  }
  Deliveries deliveries;
  auto error = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (const auto& record : records) {
    Outgoing message{record.key, record.value.value_or(std::string()), Headers(rd_kafka_headers_new(1)),
                     !record.value.has_value()};
    error = produce(writer_.get(), options_.topic, kOnlyPartition, message, &deliveries);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) break;
    ++deliveries.left;
  }
  while (deliveries.left > 0 && !patience.over()) rd_kafka_poll(writer_.get(), patience.slice_ms(kSliceMs));
  if (deliveries.left > 0) error = RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = deliveries.error;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return deliveries.offset;
  // What is sent later must not come behind what is still under way, nor may that be told of when this call has ended.
  drop_writer();
  return failure_of(error, "the topic " + options_.topic + " cannot be written to");
}

}  // namespace hub::kafka
