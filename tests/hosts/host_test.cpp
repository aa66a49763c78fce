#include "actors/hosts/host.hpp"

#include <gmock/gmock.h>

namespace hub::hosts {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Duration kLease = seconds(30);

class HostTest : public ::testing::Test {
 protected:
  Result<std::vector<HostEvent>> decide(const HostCommand& command) {
    return Host::decide(state_, command, {now_, id_, "command", "system", kSystem, kSystem});
  }
  /// Decides and evolves.
  std::vector<HostEvent> after(const HostCommand& command) {
    auto events = decide(command);
    EXPECT_TRUE(events) << events.error().detail;
    for (const auto& event : events.value()) Host::evolve(state_, event);
    return std::move(events).value();
  }
  OfferHost offer() const { return {"one", 4, 1 << 30, {{"RTX 4090", 2}}, kLease}; }
  OfferHost attached(std::string agent, std::uint64_t generation, std::string project = "p") const {
    auto attached = offer();
    attached.agent = HostAgent{std::move(agent), generation, "o", std::move(project)};
    return attached;
  }

  Instant now_{1'000'000'000'000'000};
  const std::string id_ = host_id("one");
  HostState state_;
};

TEST_F(HostTest, AnOfferSaysWhatTheMachineHasAndARepeatOnlyThatItIsThere) {
  EXPECT_TRUE(std::holds_alternative<HostOffered>(after(offer()).front()));
  EXPECT_TRUE(std::holds_alternative<HostSeen>(after(offer()).front()));
  auto more = offer();
  more.cpus = 8;
  EXPECT_TRUE(std::holds_alternative<HostOffered>(after(more).front()));
  EXPECT_EQ(state_.cpus, 8);
}

TEST_F(HostTest, AHostIsOfferedUnderItsOwnNameOnly) {
  auto other = offer();
  other.name = "two";
  EXPECT_EQ(decide(other).error().code, "host.name");
  EXPECT_EQ(decide(KeepHost{}).error().code, "host.not_offered");
}

TEST_F(HostTest, ItIsLostWhenItsLeaseIsOverAndNotBefore) {
  after(offer());
  now_ = now_ + seconds(20);
  after(KeepHost{3});
  EXPECT_EQ(state_.running, 3);
  now_ = now_ + kLease - milliseconds(1);
  EXPECT_THAT(after(LeaseOver{}), IsEmpty());
  now_ = now_ + milliseconds(1);
  EXPECT_TRUE(std::holds_alternative<HostLost>(after(LeaseOver{}).front()));
  EXPECT_TRUE(state_.away);
  EXPECT_THAT(after(LeaseOver{}), IsEmpty());
}

TEST_F(HostTest, ItOwesATimerWhileItIsThereAndTheNewsOfItsLossOnce) {
  EXPECT_THAT(Host::agenda(state_), IsEmpty());
  after(offer());
  auto agenda = Host::agenda(state_);
  ASSERT_THAT(agenda, SizeIs(1));
  EXPECT_EQ(agenda.front().at, now_ + kLease);
  now_ = now_ + kLease;
  after(LeaseOver{});
  agenda = Host::agenda(state_);
  ASSERT_THAT(agenda, SizeIs(1));
  EXPECT_EQ(agenda.front().name, "tell_loss");
  EXPECT_EQ(agenda.front().data, "\"one\"");
  after(ReportLossTold{5});
  EXPECT_THAT(Host::agenda(state_), IsEmpty());
  EXPECT_THAT(after(ReportLossTold{5}), IsEmpty());
}

TEST_F(HostTest, OneThatIsBackIsThereAgainAndNoNewsIsOwedAnyMore) {
  after(offer());
  now_ = now_ + kLease;
  after(LeaseOver{});
  after(KeepHost{});
  EXPECT_FALSE(state_.away);
  ASSERT_THAT(Host::agenda(state_), SizeIs(1));
  EXPECT_EQ(Host::agenda(state_).front().kind, engine::Due::Kind::timer);
  EXPECT_THAT(after(ReportLossTold{5}), IsEmpty());
}

TEST_F(HostTest, OnlyTheNewestConnectionOfAnAgentCounts) {
  const auto older = attached("a", 5), newer = attached("a", 6);
  EXPECT_TRUE(std::holds_alternative<HostOffered>(after(older).front()));
  EXPECT_TRUE(std::holds_alternative<HostSeen>(after(KeepHost{1, older.agent}).front()));
  EXPECT_TRUE(std::holds_alternative<HostOffered>(after(newer).front()));
  EXPECT_EQ(state_.agent->generation, 6U);
  EXPECT_EQ(decide(older).error().code, "host.superseded");
  EXPECT_EQ(decide(KeepHost{1, older.agent}).error().code, "host.superseded");
  EXPECT_EQ(decide(KeepHost{1}).error().code, "host.superseded");
  EXPECT_TRUE(decide(KeepHost{1, newer.agent}));
}

TEST_F(HostTest, ANameIsThatOfOneMachineUnlessItIsAwayAndIsToBeReplaced) {
  after(attached("a", 5));
  auto other = attached("b", 9);
  EXPECT_EQ(decide(other).error().code, "host.taken");
  other.replace = true;
  EXPECT_EQ(decide(other).error().code, "host.taken") << "it is there";
  now_ = now_ + kLease;
  after(LeaseOver{});
  auto of_others = attached("b", 9, "q");
  of_others.replace = true;
  EXPECT_EQ(decide(of_others).error().code, "host.taken") << "it is another project's";
  EXPECT_EQ(decide(offer()).error().code, "host.taken") << "it is no node";
  EXPECT_EQ(decide(attached("b", 9)).error().code, "host.taken") << "nobody said that it is to be replaced";
  after(other);
  EXPECT_EQ(state_.agent->id, "b");
  EXPECT_EQ(decide(attached("a", 10)).error().code, "host.taken");
}

TEST_F(HostTest, TheNameOfANodeIsNoAgents) {
  after(offer());
  EXPECT_EQ(decide(attached("a", 1)).error().code, "host.taken");
}

TEST_F(HostTest, StateAndEventsAreReadAsTheyWereWritten) {
  for (const auto& event : after(attached("a", 5))) {
    const auto read = Host::decode_event(type_of_event(event), Host::encode_event(event));
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read.value(), event);
  }
  EXPECT_EQ(Host::decode_state(Host::encode_state(state_)).value(), state_);
}

}  // namespace
}  // namespace hub::hosts
