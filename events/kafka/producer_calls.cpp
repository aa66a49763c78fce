#include "events/kafka/producer_calls.hpp"

#include <pthread.h>

namespace hub::kafka {
namespace {

/// Numbers of requests in Kafka's protocol.
constexpr std::int16_t kProduce = 0, kAddPartitions = 24, kAddOffsets = 25, kEndTxn = 26, kTxnOffsetCommit = 28;

std::atomic<int>& left_behind_now() {
  static std::atomic<int> count{0};
  return count;
}

/// A request that got no answer may lie on its way for as long as it likes, and the client sends it again and says
/// nothing: what was meant to end this transaction could then end the next one of the same producer.
rd_kafka_resp_err_t on_answer(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t request, std::int16_t,
                              std::int32_t, std::size_t, std::int64_t, rd_kafka_resp_err_t error, void* shaken) {
  const bool counts = request == kProduce || request == kAddPartitions || request == kAddOffsets ||
                      request == kEndTxn || request == kTxnOffsetCommit;
  if (counts && error != RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<std::atomic<bool>*>(shaken)->store(true);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void* shaken, char*, std::size_t) {
  return rd_kafka_interceptor_add_on_response_received(client, "computehub", on_answer, shaken);
}

Error timed_out() {
  return Error(rd_kafka_error_new(RD_KAFKA_RESP_ERR__TIMED_OUT, "the group's coordinator did not take the offsets"));
}

}  // namespace

int ProducerCalls::left_behind() {
  return left_behind_now();
}

Result<std::unique_ptr<ProducerCalls>> ProducerCalls::open(Conf conf) {
  if (left_behind() >= kLeftBehindMax)
    return unavailable("kafka.unreachable", "the coordinator of this node's group does not answer");
  std::unique_ptr<ProducerCalls> made(new ProducerCalls);
  auto& state = *made->state_;
  rd_kafka_conf_set_opaque(conf.get(), &state.shaken);
  HUB_ASSERT(rd_kafka_conf_interceptor_add_on_new(conf.get(), "computehub", on_new, &state.shaken) ==
             RD_KAFKA_RESP_ERR_NO_ERROR);
  HUB_TRY(state.client, make_client(RD_KAFKA_PRODUCER, std::move(conf)));
  made->thread_ = std::thread(run, made->state_);
  pthread_setname_np(made->thread_.native_handle(), "hub-kafka-txn");
  return made;
}

ProducerCalls::~ProducerCalls() {
  if (!thread_.joinable()) return;
  bool busy = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
    busy = state_->busy;
    if (busy) ++left_behind_now();
  }
  state_->changed.notify_all();
  if (busy)
    thread_.detach();
  else
    thread_.join();
}

ProducerCalls::State::~State() {
  if (!client) return;
  // With messages still on their way it would wait for them.
  rd_kafka_purge(client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy_flags(client.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Error ProducerCalls::send_offsets(const rd_kafka_topic_partition_list_t& offsets,
                                  std::shared_ptr<rd_kafka_consumer_group_metadata_t> group,
                                  std::chrono::steady_clock::time_point deadline) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  std::unique_lock lock(state_->mutex);
  HUB_ASSERT(!state_->busy);
  state_->answer.reset();
  state_->call = Call{Offsets(rd_kafka_topic_partition_list_copy(&offsets)), std::move(group),
                      static_cast<int>(std::max<milliseconds::rep>(1, left))};
  state_->busy = true;
  state_->changed.notify_all();
  if (!state_->changed.wait_until(lock, deadline, [&] { return !state_->busy; })) return timed_out();
  return std::move(*state_->answer);
}

void ProducerCalls::run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (true) {
    state->changed.wait(lock, [&] { return state->call || state->ending; });
    if (!state->call) return;
    const auto call = std::move(*state->call);
    state->call.reset();
    lock.unlock();
    Error answer(
        rd_kafka_send_offsets_to_transaction(state->client.get(), call.offsets.get(), call.group.get(), call.wait_ms));
    lock.lock();
    state->answer = std::move(answer);
    state->busy = false;
    if (state->ending) {
      --left_behind_now();
      return;
    }
    state->changed.notify_all();
  }
}

}  // namespace hub::kafka
