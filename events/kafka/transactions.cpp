#include "events/kafka/transactions.hpp"

#include <thread>

#include "events/core/logging.hpp"
#include "events/kafka/produce.hpp"
#include "events/kafka/topics.hpp"

namespace hub::kafka {
namespace {

constexpr int kTransactionMs = 5'000;
/// Beyond its time-out the broker ends a transaction: nothing is gained by waiting much longer for the rest of it.
constexpr std::chrono::milliseconds kWriteMax{kTransactionMs + 2'000};
constexpr std::chrono::milliseconds kAbortMax{4'000};
constexpr std::chrono::milliseconds kOpenPatience{10'000};
constexpr std::chrono::seconds kSlowCall{2};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  // Also what wakes the flush within a commit: without it that looks every 10 ms only.
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->_private != nullptr)
    *static_cast<std::int64_t*>(message->_private) = message->offset;
}

void on_error(rd_kafka_t*, int error, const char*, void* opaque) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      static_cast<std::atomic<bool>*>(opaque)->store(true);
      break;
    default:
      break;
  }
}

bool is_fence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}
bool is_left_by_group(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION || code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
         code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

}  // namespace

Result<std::unique_ptr<Transactions>> Transactions::open(const Brokers& brokers, const std::string& id,
                                                         std::chrono::milliseconds patience) {
  HUB_TRY(auto conf, make_conf(brokers, {{"transactional.id", id},
                                         {"transaction.timeout.ms", std::to_string(kTransactionMs)},
                                         {"message.timeout.ms", std::to_string(kTransactionMs - 1'000)},
                                         {"linger.ms", "0"},
                                         {"message.max.bytes", std::to_string(kBatchBytesMax)},
                                         {"queue.buffering.max.messages", "1000000"},
                                         {"compression.type", "none"}}));
  std::unique_ptr<Transactions> made(new Transactions);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
  rd_kafka_conf_set_error_cb(conf.get(), on_error);
  HUB_TRY(made->calls_, ProducerCalls::open(std::move(conf)));
  made->client_ = made->calls_->get();
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    const Error error(rd_kafka_init_transactions(made->client_, std::max(1, static_cast<int>(left.count()))));
    if (!error) break;
    const bool again = rd_kafka_error_is_retriable(error.get()) != 0;
    if (!again || std::chrono::steady_clock::now() >= end)
      return unavailable("kafka.unreachable", std::string("no transactions: ") + rd_kafka_error_string(error.get()));
  }
  // What went wrong while it found its way is over.
  made->calls_->shaken() = false;
  return made;
}

template <class Call>
Error Transactions::repeat(std::chrono::steady_clock::time_point deadline, Call call) {
  // Without a bound of ours this version of the client would go on for as long as a broker asks it to try again. One
  // whose time is over is left in a state that nobody knows, and is made anew.
  using std::chrono::milliseconds;
  for (;;) {
    const auto begun = std::chrono::steady_clock::now();
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - begun).count();
    Error error = call(static_cast<int>(std::max<milliseconds::rep>(1, left)));
    const auto now = std::chrono::steady_clock::now();
    if (now - begun > kSlowCall) calls_->shaken() = true;
    if (!error || rd_kafka_error_is_retriable(error.get()) == 0 || now >= deadline) return error;
    calls_->shaken() = true;
  }
}

bool Transactions::produce(const std::string& topic, std::vector<Placed>& messages) {
  for (auto& placed : messages) {
    auto error = kafka::produce(client_, topic, placed.partition, placed.message, &placed.offset);
    while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(client_, 1);
      error = kafka::produce(client_, topic, placed.partition, placed.message, &placed.offset);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    rd_kafka_poll(client_, 0);
  }
  return true;
}

Outcome Transactions::write(const std::string& topic, std::vector<Placed>& messages, const ConsumedOffsets* consumed) {
  rd_kafka_poll(client_, 0);
  calls_->shaken() = false;
  const auto deadline = std::chrono::steady_clock::now() + kWriteMax;
  if (auto error = Error(rd_kafka_begin_transaction(client_))) return ended(std::move(error), false);
  if (!produce(topic, messages)) return abort();
  if (consumed != nullptr) {
    // What is sent lies there before the group is asked: a claim that comes between waits until this has ended, and
    // one that came before has the group refuse it.
    rd_kafka_flush(client_, kTransactionMs);
    auto error =
        repeat(deadline, [&](int) { return calls_->send_offsets(*consumed->offsets, consumed->group, deadline); });
    if (error) return ended(std::move(error), false);
  }
  auto error = repeat(deadline, [&](int wait_ms) { return Error(rd_kafka_commit_transaction(client_, wait_ms)); });
  return error ? ended(std::move(error), true) : Outcome::committed;
}

Outcome Transactions::ended(Error error, bool committing) {
  const auto code = rd_kafka_error_code(error.get());
  logging::write(logging::Level::info, "a transaction of Kafka did not end well",
                 {{"error", rd_kafka_error_string(error.get())}, {"name", rd_kafka_err2name(code)}});
  const bool fenced = is_fence(code) || is_left_by_group(code);
  if (rd_kafka_error_txn_requires_abort(error.get()) != 0) {
    const auto outcome = abort();
    if (!fenced) return outcome;
    // The group has gone on without this node, which says nothing against the producer.
    if (!is_left_by_group(code)) usable_ = false;
    return Outcome::fenced;
  }
  usable_ = false;
  // Before the commit was asked for there is nothing to doubt: what is not committed is aborted by the broker.
  if (committing) return Outcome::unknown;
  return fenced ? Outcome::fenced : Outcome::aborted;
}

Outcome Transactions::abort() {
  const auto error = repeat(std::chrono::steady_clock::now() + kAbortMax,
                            [&](int wait_ms) { return Error(rd_kafka_abort_transaction(client_, wait_ms)); });
  if (!error) return Outcome::aborted;
  usable_ = false;
  return is_fence(rd_kafka_error_code(error.get())) ? Outcome::fenced : Outcome::aborted;
}

TurnOfTwo::TurnOfTwo(Brokers brokers, const std::string& name)
    : brokers_(std::move(brokers)), ids_{name + "-a", name + "-b"} {}

Result<bool> TurnOfTwo::renew() {
  bool made = false;
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (producers_[i] && producers_[i]->usable()) continue;
    producers_[i].reset();
    if (was_ready_) ++recycled_;
    HUB_TRY(producers_[i], Transactions::open(brokers_, ids_[i], kOpenPatience));
    made = true;
  }
  was_ready_ = true;
  return made;
}

Outcome TurnOfTwo::write(const std::string& topic, std::vector<Placed>& messages, const ConsumedOffsets* consumed) {
  for (const auto& producer : producers_)
    if (!producer || !producer->usable()) return Outcome::fenced;
  const auto& producer = producers_[turn_++ % producers_.size()];
  const auto outcome = producer->write(topic, messages, consumed);
  // In doubt both may hold something that comes late; each ends what its forerunner left open.
  if (outcome == Outcome::unknown || (outcome == Outcome::fenced && !producer->usable()))
    for (auto& each : producers_) each.reset();
  return outcome;
}

}  // namespace hub::kafka
