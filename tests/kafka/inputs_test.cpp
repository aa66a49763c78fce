#include <gtest/gtest.h>

#include <future>

#include "events/kafka/kafka_inputs.hpp"
#include "events/kafka/topics.hpp"

namespace hub::kafka {
namespace {

constexpr std::chrono::seconds kDeadline{20};

TEST(KafkaInputs, WhoeverIsToldThatACommandWasNotTakenMayPublishTheNextOne) {
  MemberOptions options;
  options.brokers.bootstrap = "127.0.0.1:1";  // nobody answers there, and nobody has to
  options.topic = options.group = "t.commands";
  options.instance = "one";
  KafkaInputs inputs(std::move(options), 16);
  log::Inputs::Handler handler;
  handler.assigned = [](const std::vector<PartitionId>&, bool) {};
  handler.revoked = [] {};
  ASSERT_TRUE(inputs.start(std::move(handler)));
  log::Command large;
  large.data.resize(kBatchBytesMax + 1);
  std::future<void> next;
  bool is_told = false;
  inputs.publish(0, large, [&](log::Delivery delivery) {
    EXPECT_EQ(delivery, log::Delivery::not_there);
    next = std::async(std::launch::async, [&] { inputs.publish(0, {}, [](log::Delivery) {}); });
    EXPECT_EQ(next.wait_for(kDeadline), std::future_status::ready) << "it waits for the one whose caller is told";
    is_told = true;
  });
  EXPECT_TRUE(is_told) << "at once: the client refuses it";
  inputs.stop();
}

}  // namespace
}  // namespace hub::kafka
