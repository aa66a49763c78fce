// What an append comes to when a request of its transaction is answered with an error: the same for every run, in
// bounded time, and whatever it was the batch is there once behind the claim that follows.
#include <gmock/gmock.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <thread>

#include "events/kafka/transactions.hpp"
#include "tests/kafka/mock_node.hpp"
#include "tests/log/samples.hpp"

namespace hub::kafka {
namespace {

using Clock = std::chrono::steady_clock;
using log::Append;
using log::testing::batch_of;
using log::testing::event;
using log::testing::read_all;
using log::testing::sealed;
namespace requests = testing::requests;

/// Nothing hangs for longer.
constexpr std::chrono::seconds kHangMax{15};
constexpr std::chrono::milliseconds kLookAgain{50};
constexpr PartitionId kPartition = 0;
/// So often that whatever is tried again meets it again.
constexpr int kAlways = 10'000;
constexpr int kRoundTripMs = 2'000;
/// TRANSACTION_ABORTABLE, which this version of the client does not know.
constexpr auto kAbortable = static_cast<rd_kafka_resp_err_t>(120);

/// One node that appends to one partition.
class Writer {
 public:
  explicit Writer(const Brokers& brokers) : brokers_(brokers), node_(brokers) { HUB_ASSERT(claim_within_deadline()); }

  Append append(const std::string& entity) {
    auto head = head_;
    auto batch = batch_of(kPartition, head.epoch, {event(entity, 1)});
    batch.end.consumed.push_back({std::string(log::kCommandsSource), ++consumed_});
    const auto outcome = node_.log().append({sealed(std::move(batch), head)});
    if (outcome == Append::committed) head_ = head;
    return outcome;
  }
  bool claim() {
    const auto claimed = node_.log().claim(kPartition, "one");
    if (claimed) head_ = claimed.value();
    return claimed.has_value();
  }
  /// As a runner does behind an append that was not committed: finds out behind a claim, and says it again where it is
  /// not there.
  void make_sure(const std::string& entity, Append first) {
    while (first != Append::committed) {
      ASSERT_TRUE(claim_within_deadline()) << entity;
      first = times(node_.log())[entity] > 0 ? Append::committed : append(entity);
    }
  }
  testing::MockNode& node() { return node_; }

  /// Entity → how many events of it the topic holds, for a reader that begins with nothing.
  std::map<std::string, int> read_afresh() const {
    test::TempFolder folder;
    KafkaLogOptions options;
    options.brokers = brokers_;
    options.topic = Topics("ns").events;
    options.transactional_id = "ch-ns-two";
    options.folder = folder.path() / "log";
    options.partitions = 4;
    options.incarnation = 1;
    const auto opened = open_kafka_log(std::move(options));
    EXPECT_TRUE(opened) << opened.error().detail;
    return opened ? times(*opened.value()) : std::map<std::string, int>{};
  }

 private:
  /// A node that the group gave up meanwhile takes part again by itself.
  bool claim_within_deadline() {
    const auto end = Clock::now() + testing::kNodeDeadline;
    while (!claim()) {
      if (Clock::now() > end) return false;
      node_.wait_for_news(kLookAgain);
    }
    return true;
  }
  static std::map<std::string, int> times(log::Log& log) {
    std::map<std::string, int> found;
    const auto batches = read_all(log, kPartition);
    EXPECT_TRUE(batches);
    for (const auto& batch : batches.value())
      for (const auto& record : batch->records)
        if (record.kind == log::RecordKind::event) ++found[record.entity];
    return found;
  }

  const Brokers brokers_;
  testing::MockNode node_;
  log::Head head_;
  std::uint64_t consumed_ = 0;
};

/// An error that a broker answers one request with, and what comes of it.
struct Row {
  std::string_view request;
  std::int16_t api;
  rd_kafka_resp_err_t error;
  Append first;            ///< what append() answers
  std::uint64_t recycled;  ///< producers that are made anew before the next batch is committed
  bool always = true;      ///< also in the short run
  /// One more may be: the client leaves the coordinator that has gone, perhaps with a request on its way.
  bool perhaps_more =
      error == RD_KAFKA_RESP_ERR_NOT_COORDINATOR || error == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE;
};

// A request that is not answered is what the client sends again by itself: nobody knows what became of the first one.
const std::vector<Row> kRows{
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR__TRANSPORT, Append::committed, 1},
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, Append::committed, 0},
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, Append::committed, 0, false},
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Append::committed, 0, false},
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, Append::unknown, 1},
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, Append::unknown, 0, false},
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Append::fenced, 2, false},
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Append::unknown, 0, false},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR__TRANSPORT, Append::committed, 1},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Append::committed, 0},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Append::committed, 0},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, Append::committed, 0,
     false},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, Append::committed, 0,
     false},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Append::fenced, 2},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Append::fenced, 2, false},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Append::unknown, 1, false},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, Append::unknown, 0,
     false},
    {"AddPartitions", requests::kAddPartitions, kAbortable, Append::unknown, 0, false},
    {"AddOffsets", requests::kAddOffsets, RD_KAFKA_RESP_ERR__TRANSPORT, Append::committed, 1},
    {"AddOffsets", requests::kAddOffsets, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Append::committed, 0},
    {"AddOffsets", requests::kAddOffsets, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Append::committed, 0, false},
    {"AddOffsets", requests::kAddOffsets, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Append::fenced, 2, false},
    {"AddOffsets", requests::kAddOffsets, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Append::unknown, 1, false},
    {"AddOffsets", requests::kAddOffsets, kAbortable, Append::unknown, 0, false},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR__TRANSPORT, Append::committed, 1},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Append::committed, 0},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Append::committed, 0, false},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, Append::fenced, 0},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, Append::fenced, 0},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, Append::fenced, 0, false},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Append::fenced, 2},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Append::fenced, 2, false},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Append::unknown, 1, false},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, kAbortable, Append::unknown, 0, false},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR__TRANSPORT, Append::committed, 1},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, Append::unknown, 0},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Append::committed, 0},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, Append::committed, 0},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Append::committed, 0, false},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, Append::committed, 0, false},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Append::unknown, 2},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Append::unknown, 2, false},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Append::unknown, 2, false},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, Append::unknown, 0, false},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, Append::unknown, 0, false},
    {"EndTxn", requests::kEndTxn, kAbortable, Append::unknown, 0},
};

/// What a broker answers for as long as it likes, to be tried again.
struct Endless {
  std::string_view request;
  std::int16_t api;
  rd_kafka_resp_err_t error;
};

const std::vector<Endless> kEndless{
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION},
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR__TRANSPORT},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_NOT_COORDINATOR},
    {"AddOffsets", requests::kAddOffsets, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_NOT_COORDINATOR},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR__TRANSPORT},
};

bool is_long() {
  return std::getenv("HUB_LONG") != nullptr;
}

/// What waits does so side by side.
void side_by_side(std::vector<std::function<void()>> parts) {
  std::vector<std::thread> threads;
  for (auto& part : parts) threads.emplace_back(std::move(part));
  for (auto& thread : threads) thread.join();
}

/// Every entity was written once, for whoever reads from the beginning.
void expect_each_once(const Writer& writer, int count) {
  const auto found = writer.read_afresh();
  EXPECT_EQ(static_cast<int>(found.size()), count);
  for (const auto& [entity, times] : found) EXPECT_EQ(times, 1) << entity;
}

/// Brokers with one writer.
struct Stage {
  testing::MockBrokers brokers{"ns"};
  Writer writer{brokers.brokers()};
};

void try_row(Stage& stage, const Row& row, int number) {
  SCOPED_TRACE(std::string(row.request) + " " + rd_kafka_err2name(row.error));
  auto& [brokers, writer] = stage;
  const auto entity = "e" + std::to_string(number), next = entity + "-next";
  const auto recycled = writer.node().figures().recycled.load();
  brokers.fail(row.api, row.error);
  const auto begun = Clock::now();
  const auto first = writer.append(entity);
  EXPECT_LT(Clock::now() - begun, kHangMax);
  EXPECT_EQ(first, row.first);
  brokers.clear(row.api);
  writer.make_sure(entity, first);
  // Producers are made anew when the next batch finds them in doubt.
  writer.make_sure(next, writer.append(next));
  const auto made_anew = writer.node().figures().recycled - recycled;
  EXPECT_GE(made_anew, row.recycled);
  EXPECT_LE(made_anew, row.recycled + (row.perhaps_more ? 1 : 0));
}

TEST(Reactions, EachErrorOfEachRequestHasOneReactionAndDoublesNothing) {
  std::map<std::int16_t, std::vector<Row>> by_request;
  for (const auto& row : kRows)
    if (row.always || is_long()) by_request[row.api].push_back(row);
  std::vector<std::function<void()>> parts;
  for (const auto& [api, rows] : by_request)
    parts.emplace_back([&rows = rows] {
      Stage stage;
      int number = 0;
      for (const auto& row : rows) try_row(stage, row, ++number);
      expect_each_once(stage.writer, 2 * number);
    });
  side_by_side(std::move(parts));
}

/// Appends and claims while something is wrong; then, when it is well again, makes sure of it.
void bear(const std::string& what, const std::function<void(testing::MockBrokers&)>& hurt,
          const std::function<void(testing::MockBrokers&)>& heal) {
  SCOPED_TRACE(what);
  Stage stage;
  hurt(stage.brokers);
  auto begun = Clock::now();
  const auto first = stage.writer.append("e");
  EXPECT_LT(Clock::now() - begun, kHangMax);
  EXPECT_NE(first, Append::committed);
  begun = Clock::now();
  EXPECT_FALSE(stage.writer.claim());
  EXPECT_LT(Clock::now() - begun, kHangMax);
  heal(stage.brokers);
  stage.writer.make_sure("e", first);
  stage.writer.make_sure("e-next", stage.writer.append("e-next"));
  expect_each_once(stage.writer, 2);
}

/// One broker of several is away. Which requests it would have answered depends on the names.
void bear_without(int broker) {
  SCOPED_TRACE("without broker " + std::to_string(broker));
  Stage stage;
  stage.brokers.set_down(broker);
  const auto begun = Clock::now();
  const auto first = stage.writer.append("e");
  EXPECT_LT(Clock::now() - begun, kHangMax);
  stage.brokers.set_up();
  stage.writer.make_sure("e", first);
  expect_each_once(stage.writer, 1);
}

TEST(Reactions, WhateverBrokersDoForHowLongNobodyIsHeldUpForLong) {
  std::vector<std::function<void()>> parts;
  for (const auto& row : kEndless)
    parts.emplace_back([&row] {
      bear(
          std::string(row.request) + " " + rd_kafka_err2name(row.error) + " for ever",
          [&](auto& brokers) { brokers.fail(row.api, row.error, kAlways); },
          [&](auto& brokers) { brokers.clear(row.api); });
    });
  parts.emplace_back([] {
    bear(
        "two seconds for each answer", [](auto& brokers) { brokers.set_round_trip_ms(kRoundTripMs); },
        [](auto& brokers) { brokers.set_round_trip_ms(0); });
  });
  parts.emplace_back([] {
    bear(
        "no broker at all", [](auto& brokers) { brokers.set_down(); }, [](auto& brokers) { brokers.set_up(); });
  });
  for (int broker = 1; broker <= testing::MockBrokers::kBrokers; ++broker)
    parts.emplace_back([broker] { bear_without(broker); });
  side_by_side(std::move(parts));
}

TEST(Reactions, ProducersWhoseCallDoesNotComeBackAreLeftBehindInBoundedNumberAndComeHome) {
  testing::MockBrokers brokers("ns");
  brokers.coordinate("group", "ns", 1);
  brokers.lead(Topics("ns").events, kPartition, 2);
  std::vector<std::function<void()>> parts;
  for (int number = 0; number < ProducerCalls::kLeftBehindMax; ++number) {
    const auto id = "ch-ns-" + std::to_string(number);
    brokers.coordinate("transaction", id, 2);
    auto opened = Transactions::open(brokers.brokers(), id, testing::kNodeDeadline);
    ASSERT_TRUE(opened) << opened.error().detail;
    parts.emplace_back([producer = std::shared_ptr<Transactions>(std::move(opened).value())] {
      ConsumedOffsets consumed{Offsets(rd_kafka_topic_partition_list_new(1)),
                               {rd_kafka_consumer_group_metadata_new("ns"), rd_kafka_consumer_group_metadata_destroy}};
      rd_kafka_topic_partition_list_add(consumed.offsets.get(), Topics("ns").commands.c_str(), kPartition)->offset = 1;
      std::vector<Placed> messages(1);
      const auto begun = Clock::now();
      EXPECT_EQ(producer->write(Topics("ns").events, messages, &consumed), Outcome::aborted);
      EXPECT_LT(Clock::now() - begun, kHangMax);
      EXPECT_FALSE(producer->usable());
    });
  }
  brokers.set_down(1);
  side_by_side(std::move(parts));
  EXPECT_EQ(ProducerCalls::left_behind(), ProducerCalls::kLeftBehindMax);
  const auto refused = Transactions::open(brokers.brokers(), "ch-ns-more", testing::kNodeDeadline);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "kafka.unreachable");
  brokers.set_up();
  const auto end = Clock::now() + testing::kNodeDeadline;
  while (ProducerCalls::left_behind() > 0 && Clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(ProducerCalls::left_behind(), 0);
  EXPECT_TRUE(Transactions::open(brokers.brokers(), "ch-ns-more", testing::kNodeDeadline));
}

}  // namespace
}  // namespace hub::kafka
