#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "projections/deployments/row.hpp"
#include "tests/projections/support.hpp"

namespace hub::deployments {
namespace {

using testing::at_second;
using ::testing::HasSubstr;
using testing::id_of;
using ::testing::Not;
using testing::record_of;
using testing::requested;

/// Folds events a minute apart.
struct Story {
  std::optional<View> view;
  Version version = 0;

  Story& then(const Event& event) {
    const auto time = at_second(static_cast<std::int64_t>(version) * 60);
    ++version;
    HUB_ASSERT(apply(view, record_of(id_of(1), version, event, time), {3, version * 10}, time));
    return *this;
  }
  Status status() const { return view->status; }
};

const Reason kDone{"process.exited", "exit 0", 0, {}, {}};

TEST(DeploymentView, FollowsALifeFromRequestToDeletion) {
  Story story;
  story.then(requested("web"));
  EXPECT_EQ(story.status(), Status::creating);
  EXPECT_EQ(story.view->reason.event_id, "3:10");
  story.then(DeploymentPrepared{"here", "cgroup2", {}});
  EXPECT_EQ(story.status(), Status::starting);
  story.then(DeploymentStarted{1, at_second(100)});
  EXPECT_EQ(story.status(), Status::running);
  EXPECT_EQ(story.view->started_at, at_second(100));
  story.then(DeploymentUnreachable{{"provider.unreachable", "no answer", {}, {}, {}}});
  EXPECT_EQ(story.status(), Status::unreachable);
  story.then(DeploymentReachable{1});
  EXPECT_EQ(story.status(), Status::running);
  story.then(DeploymentStopRequested{1, false});
  EXPECT_EQ(story.status(), Status::stopping);
  EXPECT_EQ(story.view->desired, Desired::stopped);
  story.then(DeploymentStopped{1, at_second(400), kDone});
  EXPECT_EQ(story.status(), Status::stopped);
  EXPECT_EQ(story.view->exit_code, 0);
  EXPECT_EQ(story.view->reason.code, "process.exited");
  story.then(DeploymentStartRequested{2, 0});
  EXPECT_EQ(story.status(), Status::starting);
  story.then(DeploymentStarted{2, at_second(500)});
  EXPECT_EQ(story.view->exit_code, std::nullopt);
  EXPECT_FALSE(story.view->stopped_at.is_set());
  story.then(DeploymentFailed{2, at_second(510), {"process.signalled", "SIGSEGV", {}, 11, {}}});
  EXPECT_EQ(story.status(), Status::failed);
  story.then(DeploymentDeleteRequested{});
  EXPECT_EQ(story.status(), Status::deleting);
  story.then(DeploymentDeleted{at_second(700)});
  EXPECT_EQ(story.status(), Status::deleted);
  EXPECT_EQ(story.view->deleted_at, at_second(700));
  EXPECT_EQ(story.view->version, story.version);
}

TEST(DeploymentView, OneAskedForWithoutStartingIsStoppedUntilItIsStarted) {
  auto wish = requested("web");
  wish.desired = Desired::stopped;
  Story story;
  story.then(wish);
  EXPECT_EQ(story.status(), Status::stopped);
  story.then(DeploymentStartRequested{1, 0});
  EXPECT_EQ(story.status(), Status::creating);
  story.then(DeploymentPrepared{"here", "rlimit", {}});
  EXPECT_EQ(story.status(), Status::starting);
}

TEST(DeploymentView, PreparationAloneDoesNotStartWhatIsToBeStopped) {
  auto wish = requested("web");
  wish.desired = Desired::stopped;
  Story story;
  story.then(wish).then(DeploymentPrepared{"here", "rlimit", {}});
  EXPECT_EQ(story.status(), Status::stopped);
}

TEST(DeploymentView, AScheduledRestartIsStartingAndSaysWhy) {
  Story story;
  story.then(requested("web")).then(DeploymentPrepared{}).then(DeploymentStarted{1, at_second(90)});
  story.then(DeploymentRestartScheduled{1, at_second(95), at_second(96), {"process.exited", "exit 3", 3, {}, {}}});
  EXPECT_EQ(story.status(), Status::starting);
  EXPECT_EQ(story.view->exit_code, 3);
  story.then(DeploymentStartRequested{2, 1});
  EXPECT_EQ(story.view->restarts, 1);
}

TEST(DeploymentView, LateNewsDoesNotBringBackWhatIsBeingDeleted) {
  Story story;
  story.then(requested("web")).then(DeploymentPrepared{}).then(DeploymentStarted{1, at_second(90)});
  story.then(DeploymentDeleteRequested{}).then(DeploymentUnreachable{}).then(DeploymentReachable{1});
  story.then(DeploymentStopped{1, at_second(300), kDone});
  EXPECT_EQ(story.status(), Status::deleting);
  EXPECT_EQ(story.view->stopped_at, at_second(300));
}

TEST(DeploymentView, CostsEachSpanAtThePriceThatHeldThen) {
  auto wish = requested("web");
  wish.spec.price_usd_micro_per_hour = 3'600'000'000;  // 1,000,000 micro-USD a second
  Story story;
  story.then(wish).then(DeploymentPrepared{}).then(DeploymentStarted{1, at_second(110)});
  DeploymentChanged cheaper;
  cheaper.price_usd_micro_per_hour = 1'800'000'000;
  story.then(cheaper);  // at second 180: 70 s at the first price
  EXPECT_EQ(story.view->cost_usd_micro, 70'000'000);
  EXPECT_EQ(cost_now(*story.view, at_second(190)), 75'000'000);
  story.then(DeploymentStopped{1, at_second(200), kDone});
  EXPECT_EQ(story.view->cost_usd_micro, 80'000'000);
  EXPECT_EQ(cost_now(*story.view, at_second(9'999)), 80'000'000);
}

TEST(DeploymentView, LosesNoCostInRounding) {
  auto wish = requested("web");
  wish.spec.price_usd_micro_per_hour = 1;
  Story story;
  story.then(wish).then(DeploymentPrepared{}).then(DeploymentStarted{1, at_second(0)});
  DeploymentChanged same;
  same.price_usd_micro_per_hour = 1;
  for (int i = 0; i < 57; ++i) story.then(same);  // charged each minute, up to second 3,540
  EXPECT_EQ(story.view->cost_usd_micro, 0);
  EXPECT_EQ(cost_now(*story.view, at_second(3'600)), 1);
}

TEST(DeploymentView, ShowsNoSealedTextAndNoContentOfFiles) {
  auto wish = requested("web");
  wish.spec.env["PLAIN"].sealed = "k1:CANARYSEALED";
  wish.spec.env["TOKEN"].secret = "hub-token";
  wish.spec.files = {{"a.txt", "CANARYTEXT", {}}, {"b.bin", {}, "Q0FOQVJZ"}, {"c.bin", {}, "Q0E="}};
  Story story;
  story.then(wish);
  const auto json = to_answer(*story.view);
  EXPECT_THAT(json, Not(HasSubstr("CANARY")));
  EXPECT_THAT(json, Not(HasSubstr("Q0")));
  EXPECT_THAT(json, HasSubstr(R"("env":{"PLAIN":{"sealed":true},"TOKEN":{"secret":"hub-token"}})"));
  EXPECT_THAT(json, HasSubstr(R"({"path":"a.txt","size":10},{"path":"b.bin","size":6},{"path":"c.bin","size":2})"));
}

TEST(DeploymentView, KeepsItsShapeWhenNothingIsKnownYet) {
  Story story;
  story.then(requested("web"));
  const auto json = to_answer(*story.view);
  for (const auto* field :
       {"image", "gpu", "limits", "host", "limits_by", "exit_code", "started_at", "stopped_at", "deleted_at"})
    EXPECT_THAT(json, HasSubstr("\"" + std::string(field) + "\":null"));
  EXPECT_THAT(json, HasSubstr(R"("connection":{"ports":[]})"));
  EXPECT_THAT(json, HasSubstr(R"("position":"3:10")"));
}

TEST(DeploymentView, ComesBackWholeFromItsRow) {
  auto wish = requested("web");
  wish.spec.price_usd_micro_per_hour = 12'345'678;
  wish.spec.limits = Limits{0.5, std::int64_t{64} << 20U, 9};
  wish.spec.gpu = Gpu{"RTX 4090", 2};
  wish.spec.labels = {{"a", "1"}, {"b", "\"\n\xC3\xA9"}};
  Story story;
  story.then(wish).then(DeploymentPrepared{"here", "cgroup2", {Ssh{"h", 22, "root", "ssh h"}, {{80, "http://h"}}}});
  story.then(DeploymentStarted{1, at_second(100)});
  DeploymentChanged renamed;
  renamed.name = "other";
  story.then(renamed);
  const auto row = encode_row(*story.view);
  EXPECT_EQ(view_of(row).value(), *story.view);
  for (std::size_t cut = 0; cut < row.size(); cut += 7) EXPECT_FALSE(view_of(std::string_view(row).substr(0, cut)));
}

TEST(DeploymentView, AnAnswerHasTheCostOfNowWithoutBeingParsed) {
  auto wish = requested("web");
  wish.spec.price_usd_micro_per_hour = 3'600'000'000;
  Story story;
  story.then(wish).then(DeploymentPrepared{}).then(DeploymentStarted{1, at_second(100)});
  const auto bytes = encode_row(*story.view);
  auto expected = *story.view;
  expected.cost_usd_micro = 900'000'000;
  EXPECT_EQ(answer_of(decode_row(bytes).value(), at_second(1'000)), to_answer(expected));
  EXPECT_EQ(answer_of(decode_row(bytes).value(), {}), to_answer(*story.view));
}

TEST(DeploymentView, AFrameSaysWhatTheCostOfAnyLaterMomentFollowsFrom) {
  auto wish = requested("web");
  wish.spec.price_usd_micro_per_hour = 1'234'567;
  Story story;
  story.then(wish).then(DeploymentPrepared{}).then(DeploymentStarted{1, at_second(101)});
  DeploymentChanged dearer;
  dearer.price_usd_micro_per_hour = 7'654'321;
  story.then(dearer);
  // As who has nothing but the frame: by the formula that the contract gives.
  const auto row = encode_row(*story.view);
  const auto frame = boost::json::parse(answer_of(decode_row(row).value(), {})).as_object();
  const auto& billing = frame.at("billing").as_object();
  const auto since = parse_rfc3339(std::string_view(billing.at("since").as_string())).value();
  const auto price = frame.at("price_usd_micro_per_hour").to_number<std::int64_t>();
  const auto remainder = billing.at("remainder").to_number<std::int64_t>();
  EXPECT_GT(remainder, 0);
  for (const std::int64_t second : {180, 181, 2'000, 777'777}) {
    const Instant now{at_second(second).micros + 654'321};
    const auto cost = billing.at("cost_usd_micro").to_number<std::int64_t>() +
                      (price * (now - since).micros + remainder) / 3'600'000'000;
    const auto answer = boost::json::parse(answer_of(decode_row(row).value(), now));
    EXPECT_EQ(answer.at("cost_usd_micro").to_number<std::int64_t>(), cost) << second;
    EXPECT_EQ(answer.at("billing"), frame.at("billing")) << "an answer says it as well, at any moment";
  }
  story.then(DeploymentStopped{1, at_second(999'999), kDone});
  const auto ended = boost::json::parse(to_answer(*story.view)).as_object();
  EXPECT_TRUE(ended.at("billing").at("since").is_null());
  EXPECT_EQ(ended.at("billing").at("cost_usd_micro"), ended.at("cost_usd_micro"));
}

TEST(DeploymentView, SaysForWhichMachineItWaitsWhileThatIsAway) {
  auto wish = requested("web");
  wish.spec.provider = "local";
  wish.spec.host = "box";
  Story story;
  story.then(wish);
  EXPECT_EQ(story.view->host, "box");
  const HostAway away = [](std::string_view host) {
    return host == "box" ? std::optional(at_second(100)) : std::nullopt;
  };
  const auto answer = [&](const HostAway& asked) {
    const auto bytes = encode_row(*story.view);
    return answer_of(decode_row(bytes).value(), at_second(1'000), asked);
  };
  const auto waits = ",\"waits_for\":{\"host\":\"box\",\"last_seen_at\":\"" + to_rfc3339(at_second(100)) + "\"}}";
  EXPECT_TRUE(answer(away).ends_with(waits)) << answer(away);
  EXPECT_EQ(answer(away).substr(0, answer(away).size() - waits.size()) + "}", answer({}));
  EXPECT_EQ(answer([](std::string_view) { return std::nullopt; }), answer({}));
  EXPECT_TRUE(parse_answer(answer(away)));
  story.then(DeploymentPrepared{"box", "none", {}});
  EXPECT_TRUE(answer(away).ends_with(waits)) << "it is starting";
  story.then(DeploymentStarted{1, at_second(200)});
  EXPECT_EQ(answer(away), answer({})) << "it runs, and is told apart when its machine is lost";
}

TEST(DeploymentView, RefusesWhatDoesNotFollowAndStaysAsItWas) {
  Story story;
  story.then(requested("web"));
  const auto before = *story.view;
  const auto late = record_of(id_of(1), 3, DeploymentDeleteRequested{}, at_second(9));
  EXPECT_EQ(apply(story.view, late, {3, 30}, at_second(9)).error().code, "projection.version_gap");
  auto unknown = record_of(id_of(1), 2, DeploymentDeleteRequested{}, at_second(9));
  unknown.type = "computehub.deployment.requested.v2";
  EXPECT_EQ(apply(story.view, unknown, {3, 20}, at_second(9)).error().code, "type.unknown");
  EXPECT_EQ(*story.view, before);
}

}  // namespace
}  // namespace hub::deployments
