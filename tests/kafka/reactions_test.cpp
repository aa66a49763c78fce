// What an append comes to when a request of its transaction is answered with an error: the same for every run, in
// bounded time, and whatever it was the batch is there once behind the claim that follows.
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>

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
  bool always = false;
};

const std::vector<Endless> kEndless{
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION},
    {"Produce", requests::kProduce, RD_KAFKA_RESP_ERR__TRANSPORT},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
    {"AddPartitions", requests::kAddPartitions, RD_KAFKA_RESP_ERR_NOT_COORDINATOR},
    {"AddOffsets", requests::kAddOffsets, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
    {"TxnOffsetCommit", requests::kTxnOffsetCommit, RD_KAFKA_RESP_ERR_NOT_COORDINATOR},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, true},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE},
    {"EndTxn", requests::kEndTxn, RD_KAFKA_RESP_ERR__TRANSPORT},
};

bool is_long() {
  return std::getenv("HUB_LONG") != nullptr;
}

struct Reactions : ::testing::Test {
  /// Every entity was written once, for whoever reads from the beginning.
  void expect_each_once(int count) {
    const auto found = writer_.read_afresh();
    EXPECT_EQ(static_cast<int>(found.size()), count);
    for (const auto& [entity, times] : found) EXPECT_EQ(times, 1) << entity;
  }
  /// Appends and claims while something is wrong; then, when it is well again, makes sure of it.
  template <class Heal>
  void bear(const std::string& entity, Heal heal) {
    auto begun = Clock::now();
    const auto first = writer_.append(entity);
    EXPECT_LT(Clock::now() - begun, kHangMax);
    EXPECT_NE(first, Append::committed);
    begun = Clock::now();
    EXPECT_FALSE(writer_.claim());
    EXPECT_LT(Clock::now() - begun, kHangMax);
    heal();
    writer_.make_sure(entity, first);
    writer_.make_sure(entity + "-next", writer_.append(entity + "-next"));
  }

  testing::MockBrokers brokers_{"ns"};
  Writer writer_{brokers_.brokers()};
};

TEST_F(Reactions, EachErrorOfEachRequestHasOneReactionAndDoublesNothing) {
  int entities = 0;
  for (const auto& row : kRows) {
    if (!row.always && !is_long()) continue;
    SCOPED_TRACE(std::string(row.request) + " " + rd_kafka_err2name(row.error));
    const auto entity = "e" + std::to_string(++entities), next = "e" + std::to_string(++entities);
    const auto recycled = writer_.node().figures().recycled.load();
    brokers_.fail(row.api, row.error);
    const auto begun = Clock::now();
    const auto first = writer_.append(entity);
    EXPECT_LT(Clock::now() - begun, kHangMax);
    EXPECT_EQ(first, row.first);
    brokers_.clear(row.api);
    writer_.make_sure(entity, first);
    // Producers are made anew when the next batch finds them in doubt.
    writer_.make_sure(next, writer_.append(next));
    const auto made_anew = writer_.node().figures().recycled - recycled;
    EXPECT_GE(made_anew, row.recycled);
    EXPECT_LE(made_anew, row.recycled + (row.perhaps_more ? 1 : 0));
  }
  expect_each_once(entities);
}

TEST_F(Reactions, ABrokerThatNeverFinishesATransactionHoldsNobodyUpForLong) {
  int entities = 0;
  for (const auto& row : kEndless) {
    if (!row.always && !is_long()) continue;
    SCOPED_TRACE(std::string(row.request) + " " + rd_kafka_err2name(row.error));
    brokers_.fail(row.api, row.error, kAlways);
    bear("e" + std::to_string(++entities), [&] { brokers_.clear(row.api); });
  }
  expect_each_once(2 * entities);
}

TEST_F(Reactions, BrokersThatTakeTwoSecondsForEachAnswerHoldNobodyUpForLong) {
  brokers_.set_round_trip_ms(kRoundTripMs);
  bear("e", [&] { brokers_.set_round_trip_ms(0); });
  expect_each_once(2);
}

TEST_F(Reactions, BrokersThatAreAwayHoldNobodyUpForLong) {
  brokers_.set_down();
  bear("e", [&] { brokers_.set_up(); });
  expect_each_once(2);
}

TEST_F(Reactions, ABrokerThatIsAwayWhileTheOthersAreThereHoldsNobodyUpForLong) {
  for (int id = 1; id <= testing::MockBrokers::kBrokers; ++id) {
    SCOPED_TRACE(id);
    brokers_.set_down(id);
    const auto entity = "e" + std::to_string(id);
    const auto begun = Clock::now();
    const auto first = writer_.append(entity);
    EXPECT_LT(Clock::now() - begun, kHangMax);
    brokers_.set_up();
    writer_.make_sure(entity, first);
  }
  expect_each_once(testing::MockBrokers::kBrokers);
}

}  // namespace
}  // namespace hub::kafka
