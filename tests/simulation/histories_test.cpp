// Histories of every released event version are read for ever, and give the states that they gave.
#include "tests/simulation/histories.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "actors/accounts/access.hpp"
#include "actors/accounts/api_key.hpp"
#include "actors/accounts/project.hpp"
#include "actors/accounts/session.hpp"
#include "actors/deployments/deployment.hpp"

namespace hub::simulation {
namespace {

constexpr std::size_t kHistoriesMin = 50;

std::vector<RecordedHistory> recorded(const std::string& kind) {
  std::ifstream file(HUB_RECORDED_HISTORIES "/" + kind + ".ndjson");
  EXPECT_TRUE(file) << kind;
  std::vector<RecordedHistory> histories;
  for (std::string line; std::getline(file, line);)
    histories.push_back(from_json<RecordedHistory>(line, ReadMode::strict).value());
  return histories;
}

/// What was recorded is there; a newer release may know more.
bool holds(const boost::json::value& now, const boost::json::value& then) {
  if (!then.is_object() || !now.is_object()) return now == then;
  for (const auto& member : then.get_object()) {
    const auto* found = now.get_object().if_contains(member.key());
    if (found == nullptr ? !member.value().is_null() : !holds(*found, member.value())) return false;
  }
  return true;
}

template <class Aggregate>
void expect_replayed() {
  const auto histories = recorded(std::string(Aggregate::kind));
  EXPECT_GE(histories.size(), kHistoriesMin);
  std::set<std::string> seen;
  for (std::size_t line = 0; line < histories.size(); ++line) {
    typename Aggregate::State state;
    for (const auto& event : histories[line].events) {
      seen.insert(event.type);
      const auto decoded = Aggregate::decode_event(event.type, event.data.text);
      ASSERT_TRUE(decoded) << Aggregate::kind << " line " << line + 1 << ": " << decoded.error().detail;
      Aggregate::evolve(state, decoded.value());
    }
    const auto now = boost::json::parse(Aggregate::encode_state(state));
    EXPECT_TRUE(holds(now, boost::json::parse(histories[line].state.text)))
        << Aggregate::kind << " line " << line + 1 << ": " << now;
    // What is stored of it is read again as it was.
    EXPECT_EQ(Aggregate::encode_state(Aggregate::decode_state(Aggregate::encode_state(state)).value()),
              Aggregate::encode_state(state));
  }
  for (const auto& type : types_of<typename Aggregate::Event>())
    EXPECT_TRUE(seen.count(type) > 0) << "no recorded history has a " << type;
}

TEST(RecordedHistories, OfDeploymentsGiveTheSameStates) {
  expect_replayed<deployments::Deployment>();
}
TEST(RecordedHistories, OfProjectsGiveTheSameStates) {
  expect_replayed<accounts::Project>();
}
TEST(RecordedHistories, OfApiKeysGiveTheSameStates) {
  expect_replayed<accounts::ApiKey>();
}
TEST(RecordedHistories, OfSessionsGiveTheSameStates) {
  expect_replayed<accounts::Session>();
}
TEST(RecordedHistories, OfRefusedAccessGiveTheSameStates) {
  expect_replayed<accounts::Access>();
}

}  // namespace
}  // namespace hub::simulation
