#include <gtest/gtest.h>

#include <future>

#include "tests/projections/support.hpp"

namespace hub::projections {
namespace {

using testing::at_second;
using testing::Folder;
using testing::Hub;
using testing::id_of;
using testing::MemoryLog;
using testing::requested;
using testing::Writer;

TEST(MinPosition, IsWaitedForAndReachedOrTheLagIsSaid) {
  MemoryLog log;
  const Folder folder;
  Hub hub(log, folder.path());
  Writer writer(log);
  writer.write(1, requested("a"));
  const auto second = writer.write(2, requested("b"));
  auto& progress = hub.feed().progress();
  const auto wanted = progress.cursor_at(second).value();
  // Not started: nothing is folded.
  EXPECT_FALSE(progress.wait_for(wanted, std::chrono::milliseconds(1)).value());
  const auto lag = progress.lag(at_second(100));
  EXPECT_EQ(lag.records, 2U);
  EXPECT_EQ(lag.time, seconds(100));
  std::promise<void> called;
  const auto waiter = progress.when_reached(wanted, [&] { called.set_value(); });
  EXPECT_NE(waiter.value(), 0U);
  hub.runner->start();
  EXPECT_TRUE(progress.wait_for(wanted, testing::kDeadline).value());
  EXPECT_EQ(called.get_future().wait_for(testing::kDeadline), std::future_status::ready);
  EXPECT_EQ(hub.deployments.get(id_of(2), {}).value().position, second);
  ASSERT_TRUE(hub.settle());
  EXPECT_EQ(progress.lag(at_second(100)).records, 0U);
  bool at_once = false;
  EXPECT_EQ(progress.when_reached(wanted, [&] { at_once = true; }).value(), 0U);
  EXPECT_TRUE(at_once);
}

TEST(MinPosition, OfAnotherLogIsRefused) {
  MemoryLog log;
  const Folder folder;
  Hub hub(log, folder.path());
  auto& progress = hub.feed().progress();
  EXPECT_EQ(progress.wait_for({1, {0, 0, 0, 0}}).error().code, "cursor.other_log");
  EXPECT_EQ(progress.wait_for({77, {0}}).error().code, "cursor.other_log");
  EXPECT_EQ(progress.cursor_at({4, 1}).error().code, "position.unknown");
}

TEST(MinPosition, IsWaitedForByNoMoreThanItsLimit) {
  MemoryLog log;
  const Folder folder;
  Hub hub(log, folder.path());
  auto& progress = hub.feed().progress();
  const auto never = progress.cursor_at({0, 1'000}).value();
  for (std::size_t i = 0; i < kWaitersMax; ++i) ASSERT_TRUE(progress.when_reached(never, [] {}));
  EXPECT_EQ(progress.when_reached(never, [] {}).error().code, "projection.waiters");
}

TEST(MinPosition, AWaiterThatGaveUpIsNotCalled) {
  MemoryLog log;
  const Folder folder;
  Hub hub(log, folder.path());
  Writer writer(log);
  auto& progress = hub.feed().progress();
  const auto wanted = progress.cursor_at(writer.write(1, requested("a"))).value();
  bool called = false;
  const auto waiter = progress.when_reached(wanted, [&] { called = true; }).value();
  EXPECT_TRUE(progress.cancel(waiter));
  EXPECT_FALSE(progress.cancel(waiter));
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  hub.runner->stop();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace hub::projections
