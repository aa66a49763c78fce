// Sessions as a part of the table of who may what.
#include <gmock/gmock.h>

#include "events/accounts/session_events.hpp"
#include "events/accounts/token.hpp"
#include "projections/accounts/access_table.hpp"
#include "tests/accounts/records.hpp"

namespace hub::accounts {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();
constexpr std::string_view kSecret = "chs_one";

struct Sessions : testing::Test {
  AccessTable table;
  test::Records records{noon};
  std::vector<std::string> revoked;
  const std::string key = derive_id(kApiKeyPrefix, "1", 0);
  const std::string session = derive_id(kSessionPrefix, "1", 0);

  Sessions() {
    table.on_revoked([this](std::string_view id) { revoked.emplace_back(id); });
  }
  void make_key(std::optional<Instant> expires_at = std::nullopt) {
    const ApiKeyEvent made =
        ApiKeyCreated{"ci", "default", "lab", Role::dev, expires_at, token_hash("chk_one"), "user:ann"};
    table.apply(3, records.next(key, made));
  }
  void revoke_key() { table.apply(3, records.next(key, ApiKeyEvent(ApiKeyRevoked{}))); }
  SessionEvent opened(std::string owner, Duration lifetime = seconds(3'600)) const {
    return SessionOpened{std::move(owner), "default", token_hash(kSecret), noon + lifetime};
  }
  void open(std::string owner) { table.apply(5, records.next(session, opened(std::move(owner)))); }
  void end() { table.apply(5, records.next(session, SessionEvent(SessionEnded{}))); }
};

TEST_F(Sessions, OneHasTheRightsOfItsKeyAndIsNamed) {
  make_key();
  open("key:" + key);
  const auto principal = table.find_session(kSecret, noon);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->id, "key:" + key);
  EXPECT_EQ(principal->session, session);
  EXPECT_TRUE(principal->may(Role::dev, "lab"));
  EXPECT_FALSE(principal->may(Role::admin, "lab"));
}

TEST_F(Sessions, ASecretIsNoTokenAndATokenIsNoSecret) {
  make_key();
  open("key:" + key);
  EXPECT_FALSE(table.find(kSecret, noon));
  EXPECT_FALSE(table.find_session("chk_one", noon));
  EXPECT_FALSE(table.find_session("", noon));
  EXPECT_FALSE(table.find_session(token_hash(kSecret), noon));
}

TEST_F(Sessions, OneThatHasEndedOpensNothingAndItsKeyGoesOn) {
  make_key();
  open("key:" + key);
  end();
  EXPECT_FALSE(table.find_session(kSecret, noon));
  EXPECT_TRUE(table.find("chk_one", noon));
  EXPECT_THAT(revoked, ElementsAre(session));
}

TEST_F(Sessions, ARevokedKeyEndsItsSessionsAtOnce) {
  make_key();
  open("key:" + key);
  revoke_key();
  EXPECT_FALSE(table.find_session(kSecret, noon));
  EXPECT_THAT(revoked, ElementsAre("key:" + key, session));
}

TEST_F(Sessions, OneEndsByItselfAndIsNamedOnce) {
  make_key();
  open("key:" + key);
  EXPECT_EQ(table.end_of_session(session), noon + seconds(3'600));
  EXPECT_TRUE(table.find_session(kSecret, noon + seconds(3'600) - Duration{1}));
  EXPECT_FALSE(table.find_session(kSecret, noon + seconds(3'600)));
  table.expire(noon + seconds(3'599));
  EXPECT_THAT(revoked, IsEmpty());
  table.expire(noon + seconds(3'600));
  table.expire(noon + seconds(3'601));
  EXPECT_THAT(revoked, ElementsAre(session));
}

TEST_F(Sessions, OneEndsWithItsKeysTimeWhenThatIsEarlier) {
  make_key(noon + seconds(60));
  open("key:" + key);
  EXPECT_EQ(table.end_of_session(session), noon + seconds(60));
  EXPECT_TRUE(table.find_session(kSecret, noon + seconds(59)));
  EXPECT_FALSE(table.find_session(kSecret, noon + seconds(60)));
}

TEST_F(Sessions, OneThatIsReadBeforeItsKeyOpensWhenTheKeyIsThere) {
  open("key:" + key);
  EXPECT_FALSE(table.find_session(kSecret, noon));
  make_key();
  EXPECT_TRUE(table.find_session(kSecret, noon));
}

TEST_F(Sessions, WhatItsKeyMayElsewhereItMayFromThenOnAndIsTold) {
  std::vector<AccessTable::PrincipalPtr> changed;
  table.observe([](std::string_view) {}, [&](const auto& principal) { changed.push_back(principal); });
  make_key();
  open("key:" + key);
  const auto other = project_id("default", "other");
  table.apply(7, records.next(other, ProjectEvent(ProjectCreated{"other", "default", "user:ann"})));
  table.apply(7, records.next(other, ProjectEvent(ProjectMemberSet{key, Role::admin})));
  EXPECT_TRUE(table.find_session(kSecret, noon)->may(Role::admin, "other"));
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_EQ(changed.front()->session, "");
  EXPECT_EQ(changed.back()->session, session);
  EXPECT_TRUE(changed.back()->may(Role::admin, "other"));
}

TEST_F(Sessions, ThoseOfADevelopersServerNeedThatServer) {
  open("user:dev");
  EXPECT_FALSE(table.find_session(kSecret, noon));
  table.admit_admin("chk_dev", "default", "dev");
  EXPECT_TRUE(table.find_session(kSecret, noon)->may(Role::admin, "default"));
}

TEST_F(Sessions, OneOfAnotherOrganisationOpensNothing) {
  make_key();
  table.apply(5, records.next(session, SessionEvent(SessionOpened{"key:" + key, "other", token_hash(kSecret),
                                                                  noon + seconds(3'600)})));
  EXPECT_FALSE(table.find_session(kSecret, noon));
}

TEST_F(Sessions, ABrowserAttachesNoMachine) {
  const ApiKeyEvent made =
      ApiKeyCreated{"", "default", "lab", Role::host, {}, token_hash("chk_one"), "user:ann", "box"};
  table.apply(3, records.next(key, made));
  open("key:" + key);
  EXPECT_EQ(table.find("chk_one", noon)->host, "box");
  EXPECT_EQ(table.find_session(kSecret, noon)->host, "");
}

TEST_F(Sessions, OneThatIsLongOverIsForgottenWithTheNextOfItsPartition) {
  make_key();
  open("key:" + key);
  std::set<std::string> touched;
  auto next = records.next(derive_id(kSessionPrefix, "2", 0), opened("key:" + key, seconds(200'000)));
  next.time = noon + seconds(3'600) + SessionTable::kKept - Duration{1};
  table.apply(5, next, touched);
  EXPECT_NE(table.row(session), "");
  next = records.next(derive_id(kSessionPrefix, "3", 0), opened("key:" + key, seconds(200'000)));
  next.time = noon + seconds(3'600) + SessionTable::kKept;
  table.apply(6, next, touched);
  EXPECT_NE(table.row(session), "");
  next.entity = derive_id(kSessionPrefix, "4", 0);
  touched.clear();
  table.apply(5, next, touched);
  EXPECT_EQ(table.row(session), "");
  EXPECT_THAT(touched, Contains(session));
  end();
  EXPECT_EQ(table.row(session), "");
  EXPECT_EQ(table.broken(), 0U);
}

TEST_F(Sessions, RowsThatAreLoadedOpenWhatTheyOpened) {
  make_key();
  open("key:" + key);
  AccessTable other;
  ASSERT_TRUE(other.load(session, table.row(session)));
  EXPECT_FALSE(other.find_session(kSecret, noon));
  ASSERT_TRUE(other.load(key, table.row(key)));
  EXPECT_TRUE(other.find_session(kSecret, noon));
  end();
  AccessTable later;
  ASSERT_TRUE(later.load(key, table.row(key)));
  ASSERT_TRUE(later.load(session, table.row(session)));
  EXPECT_FALSE(later.find_session(kSecret, noon));
}

TEST_F(Sessions, AnEventOfANewerReleaseClosesItsSession) {
  make_key();
  open("key:" + key);
  auto record = records.next(session, SessionEvent(SessionEnded{}));
  record.type = "computehub.session.narrowed.v7";
  table.apply(5, record);
  EXPECT_FALSE(table.find_session(kSecret, noon));
  EXPECT_EQ(table.broken(), 1U);
}

}  // namespace
}  // namespace hub::accounts
