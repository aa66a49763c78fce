#pragma once
// What every provider must do, whatever it rents. A provider's test names a harness and instantiates the suite:
//   INSTANTIATE_TEST_SUITE_P(Local, ProviderContract, testing::Values(&make_local_harness));
// Included by one file of a test.
#include "tests/providers/harness.hpp"

namespace hub::providers {

class ProviderContract : public testing::TestWithParam<HarnessFactory> {
 protected:
  void SetUp() override { harness_ = GetParam()(); }
  void TearDown() override {
    for (const auto& id : made_) EXPECT_TRUE(provider().remove(id).has_value());
  }

  Provider& provider() { return harness_->provider(); }
  RecordingObserver& observer() { return harness_->observer(); }
  CreateOrder made(CreateOrder order) {
    EXPECT_TRUE(provider().create(order).has_value());
    made_.push_back(order.order_id);
    return order;
  }
  CreateOrder started(const CreateOrder& order) {
    made(order);
    EXPECT_TRUE(provider().start(order, 1).has_value());
    return order;
  }

  std::unique_ptr<ProviderHarness> harness_;
  std::vector<std::string> made_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ProviderContract);

TEST_P(ProviderContract, MakesTheSameOrderOnce) {
  const auto order = made(harness_->order_that_waits(test_id("once")));
  const auto again = provider().create(order);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(provider().create(order).value().id, again.value().id);
  EXPECT_EQ(provider().list().value().size(), 1U);
  EXPECT_EQ(provider().get(order.order_id).value().state, RunState::none);
}

TEST_P(ProviderContract, RunsTheSameRunOnce) {
  const auto order = started(harness_->order_that_waits(test_id("run once")));
  const auto first = provider().get(order.order_id).value();
  const auto again = provider().start(order, 1);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again.value().run, 1);
  EXPECT_EQ(again.value().state, RunState::running);
  EXPECT_EQ(again.value().started_at, first.started_at);
}

TEST_P(ProviderContract, DoesNotRunAgainWhatHasEnded) {
  const auto order = started(harness_->order_that_exits(test_id("ended"), 3));
  observer().wait_exit(order.order_id);
  const auto again = provider().start(order, 1);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again.value().state, RunState::ended);
  EXPECT_EQ(again.value().exit->exit_code, 3);
}

TEST_P(ProviderContract, RunsAgainUnderTheNextNumber) {
  const auto order = started(harness_->order_that_prints(test_id("again"), {"hello"}));
  observer().wait_exit(order.order_id);
  ASSERT_TRUE(provider().start(order, 2).has_value());
  EXPECT_EQ(observer().wait_exit(order.order_id, 2).exit_code, 0);
  const auto page = provider().logs(order.order_id, {}).value();
  EXPECT_THAT(texts_of(page), testing::ElementsAre("hello", "hello"));
  EXPECT_EQ(page.lines.back().seq, 2U);
}

TEST_P(ProviderContract, ReportsTheExitCode) {
  for (const int code : {0, 1, 42}) {
    const auto order = started(harness_->order_that_exits(test_id("exit " + std::to_string(code)), code));
    const auto exit = observer().wait_exit(order.order_id);
    EXPECT_EQ(exit.exit_code, code);
    EXPECT_EQ(exit.signal, std::nullopt);
    EXPECT_EQ(exit.code, "process.exited");
    EXPECT_TRUE(exit.at.is_set());
  }
}

TEST_P(ProviderContract, StopsARun) {
  const auto order = started(harness_->order_that_waits(test_id("stop")));
  ASSERT_TRUE(provider().stop(order.order_id, 1, seconds(10)).has_value());
  const auto exit = observer().wait_exit(order.order_id);
  EXPECT_EQ(exit.signal, 15);
  EXPECT_EQ(exit.code, "process.signalled");
  EXPECT_EQ(provider().get(order.order_id).value().state, RunState::ended);
}

TEST_P(ProviderContract, ReportsTheEndAgainWhenAnEndedRunIsStopped) {
  const auto order = started(harness_->order_that_exits(test_id("stop ended"), 0));
  observer().wait_exit(order.order_id);
  ASSERT_TRUE(provider().stop(order.order_id, 1, seconds(1)).has_value());
  observer().wait_exit_calls(order.order_id, 1, 2);
}

TEST_P(ProviderContract, GivesLinesInOrderWithTheirNumbers) {
  const auto order = started(harness_->order_that_prints(test_id("lines"), {"one", "two", "three"}));
  observer().wait_exit(order.order_id);
  const auto page = provider().logs(order.order_id, {}).value();
  EXPECT_THAT(texts_of(page), testing::ElementsAre("one", "two", "three"));
  for (std::size_t i = 0; i < page.lines.size(); ++i) EXPECT_EQ(page.lines[i].seq, i + 1);
  EXPECT_EQ(page.next_after, 3U);
  LogQuery rest;
  rest.after = 2;
  EXPECT_THAT(texts_of(provider().logs(order.order_id, rest).value()), testing::ElementsAre("three"));
}

TEST_P(ProviderContract, KeepsRunsOverARestartOfTheServer) {
  const auto waiting = started(harness_->order_that_waits(test_id("keep")));
  const auto ended = started(harness_->order_that_exits(test_id("keep ended"), 7));
  observer().wait_exit(ended.order_id);
  const auto before = provider().get(waiting.order_id).value();
  harness_->restart_server();
  EXPECT_EQ(observer().wait_exit(ended.order_id).exit_code, 7);
  const auto after = provider().get(waiting.order_id).value();
  EXPECT_EQ(after.state, RunState::running);
  EXPECT_EQ(after.started_at, before.started_at);
  ASSERT_TRUE(provider().stop(waiting.order_id, 1, seconds(10)).has_value());
  EXPECT_EQ(observer().wait_exit(waiting.order_id).signal, 15);
}

TEST_P(ProviderContract, RemovesAllOfADeployment) {
  const auto order = started(harness_->order_that_waits(test_id("remove")));
  ASSERT_TRUE(provider().remove(order.order_id).has_value());
  EXPECT_EQ(provider().get(order.order_id).error().code, "provider.not_found");
  EXPECT_TRUE(provider().list().value().empty());
  EXPECT_TRUE(provider().remove(order.order_id).has_value()) << "gone already counts as done";
}

TEST_P(ProviderContract, KnowsNothingOfWhatItDoesNotHold) {
  const auto id = test_id("never made");
  EXPECT_EQ(provider().get(id).error().code, "provider.not_found");
  EXPECT_EQ(provider().stop(id, 1, seconds(1)).error().code, "provider.not_found");
  EXPECT_EQ(provider().logs(id, {}).error().code, "provider.not_found");
  EXPECT_EQ(provider().connection(id).error().code, "provider.not_found");
  EXPECT_EQ(provider().start(harness_->order_that_waits(id), 1).error().code, "provider.not_found");
}

TEST_P(ProviderContract, RefusesIdsThatAreNone) {
  for (const std::string id : {"", "..", "../../etc", "dep_", "dep_../../../../../../../../../../"}) {
    auto order = harness_->order_that_waits(id);
    EXPECT_EQ(provider().create(order).error().code, "provider.invalid") << id;
    EXPECT_TRUE(provider().remove(id).has_value()) << id;
  }
}

}  // namespace hub::providers
