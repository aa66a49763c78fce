// What a runner does on a log that several nodes share, and how senders learn what became of their commands.
#include <gmock/gmock.h>

#include <future>

#include "actors/engine/batch_rows.hpp"
#include "actors/engine/command_post.hpp"
#include "events/core/digest.hpp"
#include "events/log/chain.hpp"
#include "events/log/checkpoint.hpp"
#include "events/log/inputs.hpp"
#include "tests/engine/bench.hpp"
#include "tests/simulation/forwarding_log.hpp"

namespace hub::test {
namespace {

using engine::CommandPost;
using engine::Reply;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct HeldInputs final : log::Inputs {
  struct Begun {
    PartitionId partition = 0;
    std::uint64_t session = 0;
    std::uint64_t offset = 0;
  };
  struct Published {
    log::Command command;
    Delivered delivered;
  };
  Result<void> start(Handler) override { return success(); }
  void stop() override {}
  std::uint64_t begin(PartitionId partition, std::uint64_t session, std::uint64_t offset) override {
    begun.push_back({partition, session, offset});
    return std::max(offset, kept_from);
  }
  void publish(PartitionId, const log::Command& command, Delivered delivered) override {
    published.push_back({command, std::move(delivered)});
  }
  /// Where the partition is read from now.
  Begun last_of(PartitionId partition) const {
    for (auto at = begun.rbegin(); at != begun.rend(); ++at)
      if (at->partition == partition) return *at;
    return {};
  }
  std::vector<Begun> begun;
  std::uint64_t kept_from = 0;  ///< what lay before it is lost, and was left behind
  std::vector<Published> published;
};

class SharedLog final : public simulation::ForwardingLog {
 public:
  SharedLog(std::unique_ptr<log::Log> inner, log::Inputs& inputs) : ForwardingLog(std::move(inner)), inputs_(inputs) {}
  bool is_shared() const override { return true; }
  log::Inputs* inputs() override { return &inputs_; }
  log::Append append(const std::vector<log::BatchPtr>& batches) override {
    return in_doubt ? log::Append::unknown : inner().append(batches);
  }
  Result<log::Head> claim(PartitionId partition, std::string_view node) override {
    if (partition == unclaimable) return unavailable("log.unavailable", "not now");
    return inner().claim(partition, node);
  }

  bool in_doubt = false;  ///< what is appended is not written, and nobody knows
  std::optional<PartitionId> unclaimable;

 private:
  log::Inputs& inputs_;
};

class SharedLogTest : public ::testing::Test {
 protected:
  SharedLogTest() {
    kinds_.add(engine::host<Counter>());
    log_ = std::make_unique<SharedLog>(
        log::open_embedded_log({folder_.path() / "log", 4, false, true, 4 << 20, nullptr}).value(), inputs_);
    log_->watch([this](const std::vector<log::BatchPtr>& batches) {
      told_.insert(told_.end(), batches.begin(), batches.end());
    });
    make_runner();
  }
  ~SharedLogTest() override { runner_.reset(); }

  void make_runner() {
    engine::RunnerOptions options;
    options.clock = [this] { return now_; };
    options.host = "here";
    if (signs_)
      options.checkpoint = [this](PartitionId partition, const log::Head& head, Instant now) {
        return log::make_checkpoint(signer_, partition, head, {head}, now);
      };
    store_ = engine::make_memory_state_store();
    runner_ = std::make_unique<engine::Runner>(options, *log_, *store_, kinds_, system_, effects_);
    runner_->share({0, 1, 2, 3});
  }
  void run() {
    while (runner_->step()) {
    }
  }
  void own(std::set<PartitionId> partitions, bool goes_on = true) {
    runner_->assign(std::move(partitions), goes_on);
    run();
  }
  engine::Input add(std::int64_t amount, const std::string& command_id) const {
    const Counter::Command command = Add{amount};
    engine::Input input;
    input.entity = kCounter;
    input.type = type_of_command(command);
    input.data = encode_command(command);
    input.command_id = command_id;
    input.body_hash = std::string(hub::as_bytes(sha256(input.data)));
    input.organisation = input.project = "default";
    return input;
  }
  void arrive(engine::Input input, std::uint64_t offset) {
    runner_->arrive(kPartition, inputs_.last_of(kPartition).session, {std::move(input), {}, {}, offset});
  }
  static std::string entity_in(PartitionId partition) {
    for (int number = 0;; ++number)
      if (auto id = Bench::id(number); partition_of(id, 4) == partition) return id;
  }
  /// Another node owns the counter's partition and appends to it.
  void another_adds(std::int64_t amount) {
    auto head = log_->claim(kPartition, "another").value();
    log::Batch batch;
    batch.partition = kPartition;
    log::Record record;
    record.type = Counter::event_type(Added{amount});
    record.data = Counter::encode_event(Added{amount});
    record.entity = kCounter;
    record.version = 1;
    record.time = now_;
    batch.records = {record};
    batch.end.epoch = head.epoch;
    log::seal(batch, head);
    ASSERT_EQ(log_->append({std::make_shared<const log::Batch>(std::move(batch))}), log::Append::committed);
  }
  /// status of each outcome of the batches told since the last look.
  std::vector<std::int32_t> outcomes() {
    std::vector<std::int32_t> statuses;
    for (const auto& batch : told_)
      for (const auto& outcome : batch->end.outcomes) statuses.push_back(outcome.status);
    told_.clear();
    return statuses;
  }
  std::int64_t total() {
    const auto row = store_->entity(kCounter);
    return row && row.value() ? Counter::decode_state(row.value()->state).value().total : 0;
  }

  const log::Signer signer_ = log::Signer::temporary();
  bool signs_ = false;
  const std::string kCounter = Bench::id(1);
  const PartitionId kPartition = partition_of(kCounter, 4);
  Instant now_{1'772'366'400'000'000};
  TempFolder folder_;
  HeldInputs inputs_;
  HeldEffects effects_;
  engine::Kinds kinds_;
  engine::UnscheduledConfig config_;
  caf::actor_system system_{config_};
  std::unique_ptr<SharedLog> log_;
  std::unique_ptr<engine::StateStore> store_;
  std::unique_ptr<engine::Runner> runner_;
  std::vector<log::BatchPtr> told_;
};

TEST_F(SharedLogTest, CommandsThatAreLostAndWereLeftBehindAreRecordedThoughNothingIsDecided) {
  signs_ = true;
  make_runner();
  inputs_.kept_from = 7;
  own({kPartition});
  const std::vector<log::Consumed> left_behind{{std::string(log::kCommandsSource), 7}};
  ASSERT_FALSE(told_.empty());
  std::vector<log::Consumed> consumed;
  for (const auto& part : told_.back()->end.consumed)
    if (part.source == log::kCommandsSource) consumed.push_back(part);
  EXPECT_EQ(consumed, left_behind);
  EXPECT_EQ(store_->commands_consumed(kPartition), 7U);
  // Once is enough.
  const auto batches = told_.size();
  run();
  EXPECT_EQ(told_.size(), batches);
}

TEST_F(SharedLogTest, EveryCommandThatCameByTheLogHasOneOutcomeThere) {
  own({kPartition});
  outcomes();
  arrive(add(1, "first"), 0);
  run();
  EXPECT_THAT(outcomes(), ElementsAre(0));
  arrive(add(1, "first"), 1);
  run();
  EXPECT_THAT(outcomes(), ElementsAre(log::kDecidedEarlier));
  arrive(add(2, "first"), 2);
  run();
  EXPECT_THAT(outcomes(), ElementsAre(409));
  auto late = add(1, "late");
  late.deadline = now_ - seconds(1);
  arrive(late, 3);
  run();
  EXPECT_THAT(outcomes(), ElementsAre(504));
  EXPECT_EQ(total(), 1);
  EXPECT_EQ(store_->commands_consumed(kPartition), 4U);
  EXPECT_TRUE(store_->command("first", now_)->outcome.accepted()) << "a repeat leaves the first one's row alone";
  EXPECT_EQ(store_->command("late", now_)->outcome.status, 504);
}

TEST_F(SharedLogTest, WhatExpiredMayBeTriedAgainUnderItsKey) {
  own({kPartition});
  auto late = add(1, "late");
  late.deadline = now_ - seconds(1);
  arrive(late, 0);
  run();
  arrive(add(1, "late"), 1);
  run();
  EXPECT_EQ(total(), 1);
}

TEST_F(SharedLogTest, WhatBecameOfTheLastCommandIsReadByOthersSoonAlsoWhenNoRecordFollows) {
  signs_ = true;
  make_runner();
  own({kPartition});
  arrive(add(1, "accepted"), 0);
  run();
  const auto before = log_->head(kPartition).seq;
  arrive(add(-9, "refused"), 1);
  run();
  ASSERT_TRUE(log_->read(kPartition, before + 1, 1 << 20).value().empty()) << "there is no record to read it with";
  now_ = now_ + log::kCheckpointEvery;
  run();
  const auto batches = log_->read(kPartition, before + 1, 1 << 20).value();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_EQ(batches.front()->end.outcomes.at(0).command_id, "refused");
  now_ = now_ + log::kCheckpointEvery;
  run();
  EXPECT_EQ(log_->head(kPartition).seq, batches.back()->end.last) << "once is enough";
}

TEST_F(SharedLogTest, ANewOwnerGoesOnBehindTheLastCommandThatWasDecided) {
  own({kPartition});
  for (std::uint64_t offset = 0; offset < 5; ++offset) arrive(add(1, "c" + std::to_string(offset)), offset);
  run();
  make_runner();
  own({kPartition});
  EXPECT_EQ(inputs_.last_of(kPartition).offset, 5U);
  EXPECT_EQ(total(), 5);
}

TEST_F(SharedLogTest, BetweenTwoAssignmentsNothingIsDecidedAndWhatStaysIsGoneOnWithUnclaimed) {
  own({kPartition});
  arrive(add(1, "before"), 0);
  runner_->suspend();
  run();
  EXPECT_EQ(total(), 0);
  const auto epoch = log_->head(kPartition).epoch;
  own({kPartition});
  EXPECT_EQ(total(), 1);
  EXPECT_EQ(log_->head(kPartition).epoch, epoch) << "nobody else can have claimed it";
  EXPECT_EQ(inputs_.last_of(kPartition).offset, 1U);
}

TEST_F(SharedLogTest, ANodeThatWasOutClaimsAnewWhatItOwnedForOthersMayHaveHadIt) {
  own({kPartition});
  const auto epoch = log_->head(kPartition).epoch;
  runner_->suspend();
  own({kPartition}, false);
  EXPECT_EQ(log_->head(kPartition).epoch, epoch + 1);
}

TEST_F(SharedLogTest, WhatWasTakenAwayAndGivenBackBeforeItWasLetGoOfIsClaimedAnew) {
  own({kPartition});
  const auto epoch = log_->head(kPartition).epoch;
  runner_->suspend();
  runner_->assign({}, true);
  runner_->suspend();
  own({kPartition});
  EXPECT_EQ(log_->head(kPartition).epoch, epoch + 1);
}

TEST_F(SharedLogTest, NodesThatSwapPartitionsWhileBatchesAreInDoubtDoNotWaitForEachOther) {
  own({kPartition});
  const auto other = (kPartition + 1) % 4;
  log_->in_doubt = true;
  log_->unclaimable = kPartition;
  arrive(add(1, "in doubt"), 0);
  run();
  runner_->suspend();
  own({other});
  EXPECT_TRUE(runner_->owns(other)) << "its owner before may wait for this claim to find out what became of a batch";
  // So does this node find out, once the new owner has claimed.
  log_->in_doubt = false;
  log_->unclaimable.reset();
  ASSERT_TRUE(log_->claim(kPartition, "two"));
  run();
  EXPECT_FALSE(runner_->owns(kPartition));
  own({kPartition, other});
  arrive(add(1, "in doubt"), 0);
  run();
  EXPECT_EQ(total(), 1);
}

TEST_F(SharedLogTest, APartitionThatCannotBeClaimedKeepsNoOtherBack) {
  log_->unclaimable = 1;
  own({0, 1, 2, 3});
  for (const PartitionId partition : {0, 2, 3}) EXPECT_TRUE(runner_->owns(partition)) << partition;
  log_->unclaimable.reset();
  run();
  EXPECT_FALSE(runner_->owns(1)) << "it was tried a moment ago";
  now_ = now_ + seconds(1);
  run();
  EXPECT_TRUE(runner_->owns(1));
}

TEST_F(SharedLogTest, WhoBringsCommandsIsNotHeldUpForLongAndBringsAgainWhatFoundNoRoom) {
  own({kPartition});
  constexpr std::uint64_t kRoom = 16'384;
  const auto first = inputs_.last_of(kPartition);
  for (std::uint64_t i = 0; i <= kRoom; ++i) arrive(add(1, "command " + std::to_string(i)), i);
  // Behind one that was left out nothing is taken, also when there is room, or that one would be lost.
  ASSERT_TRUE(runner_->step());
  arrive(add(1, "too early"), kRoom + 1);
  run();
  EXPECT_EQ(total(), static_cast<std::int64_t>(kRoom));
  const auto again = inputs_.last_of(kPartition);
  EXPECT_EQ(again.offset, kRoom);
  EXPECT_GT(again.session, first.session);
  arrive(add(1, "command " + std::to_string(kRoom)), kRoom);
  run();
  EXPECT_EQ(total(), static_cast<std::int64_t>(kRoom + 1));
}

TEST_F(SharedLogTest, WhileABatchIsInDoubtNobodyWaitsForRoomForLongAndWhatFoundNoneComesAgain) {
  const auto other = (kPartition + 1) % 4;
  own({kPartition, other});
  log_->in_doubt = true;
  log_->unclaimable = kPartition;
  arrive(add(1, "in doubt"), 0);
  run();
  const auto busy = entity_in(other);
  const auto arrive_from = [&](std::uint64_t first, std::uint64_t end) {
    for (auto offset = first; offset < end; ++offset) {
      auto input = add(1, "c" + std::to_string(offset));
      input.entity = busy;
      runner_->arrive(other, inputs_.last_of(other).session, {std::move(input), {}, {}, offset});
    }
  };
  constexpr std::uint64_t kMoreThanThereIsRoom = 17'000;
  auto arriving = std::async(std::launch::async, [&] { arrive_from(0, kMoreThanThereIsRoom); });
  const bool waits = arriving.wait_for(std::chrono::seconds(30)) != std::future_status::ready;
  if (waits) runner_->stop();
  ASSERT_FALSE(waits) << "an assignment behind it would never be heard of";
  log_->in_doubt = false;
  log_->unclaimable.reset();
  run();
  EXPECT_EQ(total(), 0) << "it was not written, and comes again from the log";
  const auto next = inputs_.last_of(other).offset;
  ASSERT_LT(next, kMoreThanThereIsRoom);
  arrive_from(next, kMoreThanThereIsRoom);
  run();
  EXPECT_EQ(store_->commands_consumed(other), kMoreThanThereIsRoom);
  EXPECT_EQ(store_->entity(busy).value()->version, kMoreThanThereIsRoom);
}

TEST_F(SharedLogTest, WhatGoesToAnotherNodeIsLetGoOfWithAllThatWaitsForIt) {
  own({kPartition});
  const auto session = inputs_.last_of(kPartition).session;
  arrive(add(1, "waits"), 0);
  runner_->suspend();
  own({(kPartition + 1) % 4});
  EXPECT_FALSE(runner_->owns(kPartition));
  runner_->arrive(kPartition, session, {add(1, "comes late"), {}, {}, 1});
  run();
  EXPECT_EQ(runner_->queued(), 0U);
  EXPECT_EQ(total(), 0);
}

TEST_F(SharedLogTest, WhatOthersOwnIsFoldedSoThatItCanBeTakenOver) {
  own({});
  another_adds(7);
  run();
  EXPECT_EQ(total(), 7);
  EXPECT_FALSE(runner_->owns(kPartition));
}

TEST_F(SharedLogTest, WhatOthersOwnIsFoldedHoweverMuchThereIsToDecide) {
  const auto other = (kPartition + 1) % 4;
  own({other});
  another_adds(7);
  const auto busy = entity_in(other);
  constexpr std::uint64_t kSteps = 20;
  for (std::uint64_t step = 0; step < kSteps; ++step) {
    auto input = add(1, "c" + std::to_string(step));
    input.entity = busy;
    runner_->arrive(other, inputs_.last_of(other).session, {std::move(input), {}, {}, step});
    ASSERT_TRUE(runner_->step());
  }
  EXPECT_EQ(total(), 7) << "its host would wait, and a takeover take longer, for as long as there is much to do";
}

class CommandPostTest : public SharedLogTest {
 protected:
  CommandPostTest() { own({kPartition}); }
  CommandPost& post(std::chrono::milliseconds patience = std::chrono::minutes(1)) {
    post_.emplace(CommandPost::Options{2, patience, [this] { return now_; }}, *log_, inputs_, *store_);
    return *post_;
  }
  engine::Completion hear() {
    return [this](const Reply& reply) { replies_.push_back(reply); };
  }
  /// As the owner would: what was published is decided.
  void decide(std::size_t which) {
    const auto& command = inputs_.published.at(which).command;
    auto input = add(0, command.command_id);
    input.data = command.data;
    input.body_hash = command.body_hash;
    arrive(std::move(input), which);
    run();
  }

  std::optional<CommandPost> post_;
  std::vector<Reply> replies_;
};

TEST_F(CommandPostTest, WhoeverSentACommandIsToldByTheBatchThatDecidesIt) {
  ASSERT_TRUE(post().send(add(3, "c"), hear()));
  inputs_.published.front().delivered(log::Delivery::there);
  EXPECT_THAT(replies_, IsEmpty());
  decide(0);
  ASSERT_THAT(replies_, SizeIs(1));
  EXPECT_FALSE(replies_.front().refusal);
  EXPECT_EQ(replies_.front().version, 1U);
  EXPECT_EQ(replies_.front().batch->records.back().entity, kCounter);
  EXPECT_EQ(replies_.front().position, (Position{kPartition, log_->head(kPartition).seq}));
}

TEST_F(CommandPostTest, ARepeatThatWasDecidedIsAnsweredFromItsRowAndNotSent) {
  ASSERT_TRUE(post().send(add(3, "c"), hear()));
  decide(0);
  ASSERT_TRUE(post_->send(add(3, "c"), hear()));
  ASSERT_TRUE(post_->send(add(4, "c"), hear()));
  ASSERT_THAT(replies_, SizeIs(3));
  EXPECT_TRUE(replies_[1].repeated);
  EXPECT_EQ(replies_[1].position, replies_[0].position);
  EXPECT_EQ(replies_[2].refusal->code, engine::kOtherBody);
  EXPECT_THAT(inputs_.published, SizeIs(1));
}

TEST_F(CommandPostTest, ARepeatThatIsUnderWayTwiceIsDecidedOnceAndBothAreTold) {
  ASSERT_TRUE(post().send(add(3, "c"), hear()));
  ASSERT_TRUE(post_->send(add(4, "c"), hear()));
  decide(0);
  ASSERT_THAT(replies_, SizeIs(1));
  decide(1);
  ASSERT_THAT(replies_, SizeIs(2));
  EXPECT_EQ(replies_[1].refusal->code, engine::kOtherBody);
  EXPECT_EQ(total(), 3);
}

TEST_F(CommandPostTest, OneThatIsNotDecidedInTimeIsToldToBePendingWhenItIsThere) {
  ASSERT_TRUE(post(std::chrono::milliseconds(0)).send(add(1, "there"), hear()));
  inputs_.published[0].delivered(log::Delivery::there);
  ASSERT_TRUE(post_->send(add(1, "unknown"), hear()));
  inputs_.published[1].delivered(log::Delivery::unknown);
  post_->sweep();
  ASSERT_THAT(replies_, SizeIs(2));
  std::vector<bool> pending{replies_[0].pending, replies_[1].pending};
  EXPECT_THAT(pending, ::testing::UnorderedElementsAre(true, false));
  for (const auto& reply : replies_)
    EXPECT_EQ(reply.refusal ? reply.refusal->code : "", reply.pending ? "" : "command.outcome_unknown");
}

TEST_F(CommandPostTest, WhatCouldNotBeSentIsRefusedAndSoAreOthersWhileOneIsTried) {
  ASSERT_TRUE(post().send(add(1, "a"), hear()));
  inputs_.published[0].delivered(log::Delivery::not_there);
  ASSERT_THAT(replies_, SizeIs(1));
  EXPECT_EQ(replies_[0].refusal->code, "log.unavailable");
  ASSERT_TRUE(post_->send(add(1, "b"), hear())) << "one finds out whether the brokers are back";
  EXPECT_EQ(post_->send(add(1, "c"), hear()).error().code, "log.unavailable");
  inputs_.published[1].delivered(log::Delivery::there);
  EXPECT_TRUE(post_->send(add(1, "c"), hear()));
}

TEST_F(CommandPostTest, MoreThanMayWaitAreTurnedAway) {
  ASSERT_TRUE(post().send(add(1, "a"), hear()));
  ASSERT_TRUE(post_->send(add(1, "b"), hear()));
  EXPECT_EQ(post_->send(add(1, "c"), hear()).error().code, "queue.full");
  decide(0);
  EXPECT_TRUE(post_->send(add(1, "c"), hear()));
}

TEST_F(CommandPostTest, WhatAnEffectCameToIsSentUntilItHasArrived) {
  auto result = add(1, "");
  post().forward(result);
  inputs_.published[0].delivered(log::Delivery::not_there);
  post_->sweep();
  ASSERT_THAT(inputs_.published, SizeIs(2));
  EXPECT_EQ(inputs_.published[1].command.source, log::Command::Source::effect);
  inputs_.published[1].delivered(log::Delivery::there);
  post_->sweep();
  EXPECT_THAT(inputs_.published, SizeIs(2));
}

TEST(AgendaBook, AnEffectOfAnotherPlaceIsKnownAndNeverDueHere) {
  engine::AgendaBook book("here");
  const auto effect = [](std::string name, std::string place) {
    return engine::Due{engine::Due::Kind::effect, std::move(name), "1", {}, "{}", {}, std::move(place)};
  };
  EXPECT_TRUE(book.replace("cnt_1", {effect("mine", "here"), effect("anybody's", ""), effect("theirs", "there")}));
  std::vector<std::string> due;
  for (const auto& item : book.take_due(Instant{1}, 10)) due.push_back(item.due.name);
  EXPECT_THAT(due, ::testing::UnorderedElementsAre("mine", "anybody's"));
  EXPECT_TRUE(book.replace("cnt_1", {})) << "its row is to go";
}

TEST(AgendaBook, WhatIsOwedAtAPlaceIsDueWhileThatIsAttachedAndAgainAtEachAttaching) {
  engine::AgendaBook book;
  const engine::Due there{engine::Due::Kind::effect, "theirs", "1", {}, "{}", {}, "there"};
  const engine::Due here{engine::Due::Kind::effect, "ours", "1", {}, "{}", {}, {}};
  const auto due = [&] {
    std::vector<std::string> names;
    for (const auto& item : book.take_due(Instant{1}, 10)) names.push_back(item.due.name);
    return names;
  };
  using ::testing::ElementsAre;
  book.replace("cnt_1", {here, there});
  EXPECT_THAT(due(), ElementsAre("ours"));
  book.attach("there");
  EXPECT_THAT(due(), ElementsAre("theirs"));
  EXPECT_THAT(due(), ::testing::IsEmpty()) << "it is under way";
  book.attach("there");
  EXPECT_THAT(due(), ElementsAre("theirs")) << "another connection: nobody knows what became of it";
  book.detach("there");
  book.replace("cnt_1", {here, there});
  EXPECT_THAT(due(), ::testing::IsEmpty());
  EXPECT_FALSE(book.next_due());
  book.attach("there");
  book.detach("there");
  EXPECT_THAT(due(), ::testing::IsEmpty()) << "nor is what waited";
  book.attach("there");
  book.replace("cnt_1", {here});
  EXPECT_THAT(due(), ::testing::IsEmpty()) << "what is owed no more";
}

}  // namespace
}  // namespace hub::test
