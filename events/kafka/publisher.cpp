#include "events/kafka/publisher.hpp"

#include <pthread.h>

#include "events/kafka/produce.hpp"
#include "events/kafka/topics.hpp"

namespace hub::kafka {
namespace {

/// Less than a gateway waits, so that it can tell "not written" from "not decided yet".
constexpr int kDeliveryMs = 4'000;
constexpr int kPollMs = 100;

/// What the client says of a message that it gave up.
log::Delivery delivery_of(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return log::Delivery::there;
  return rd_kafka_message_status(&message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED ? log::Delivery::not_there
                                                                                : log::Delivery::unknown;
}

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  const std::unique_ptr<log::Inputs::Delivered> delivered(static_cast<log::Inputs::Delivered*>(message->_private));
  if (delivered && *delivered) (*delivered)(delivery_of(*message));
}

}  // namespace

Result<std::unique_ptr<Publisher>> Publisher::open(const Brokers& brokers, std::string topic) {
  HUB_TRY(auto conf, make_conf(brokers, {{"acks", "all"},
                                         {"message.timeout.ms", std::to_string(kDeliveryMs)},
                                         {"linger.ms", "0"},
                                         {"max.in.flight.requests.per.connection", "5"},
                                         {"message.max.bytes", std::to_string(kBatchBytesMax)}}));
  std::unique_ptr<Publisher> publisher(new Publisher(std::move(topic)));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
  HUB_TRY(publisher->client_, make_client(RD_KAFKA_PRODUCER, std::move(conf)));
  publisher->thread_ = std::thread([at = publisher.get()] { at->run(); });
  pthread_setname_np(publisher->thread_.native_handle(), "hub-kafka-send");
  return publisher;
}

Publisher::~Publisher() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  thread_.join();
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(client_.get(), 0);
}

void Publisher::run() {
  while (!stopping_) rd_kafka_poll(client_.get(), kPollMs);
}

bool Publisher::publish(PartitionId partition, Outgoing message, log::Inputs::Delivered delivered) {
  auto kept = std::make_unique<log::Inputs::Delivered>(std::move(delivered));
  if (produce(client_.get(), topic_, partition, message, kept.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  static_cast<void>(kept.release());
  return true;
}

}  // namespace hub::kafka
