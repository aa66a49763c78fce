#include "projections/accounts/access_table.hpp"

#include <gmock/gmock.h>

#include "events/accounts/token.hpp"
#include "tests/accounts/records.hpp"

namespace hub::accounts {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();

struct Access : testing::Test {
  AccessTable table;
  test::Records records{noon};
  std::vector<std::string> revoked;
  const std::string key = derive_id(kApiKeyPrefix, "1", 0);
  const std::string lab = project_id("default", "lab");

  Access() {
    table.on_revoked([this](std::string_view id) { revoked.emplace_back(id); });
  }
  bool apply(const std::string& entity, const ApiKeyEvent& event) {
    return table.apply(3, records.next(entity, event));
  }
  bool apply(const std::string& entity, const ProjectEvent& event) {
    return table.apply(3, records.next(entity, event));
  }
  void make_key(Role role = Role::dev, std::optional<Instant> expires_at = std::nullopt) {
    apply(key, ApiKeyCreated{"ci", "default", "lab", role, expires_at, token_hash("chk_one"), "user:ann"});
  }
  void make_lab() { apply(lab, ProjectCreated{"lab", "default", "user:ann"}); }
};

TEST_F(Access, AKeyOpensItsProjectWithItsRoleAndNothingElse) {
  make_key();
  const auto principal = table.find("chk_one", noon);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->id, "key:" + key);
  EXPECT_EQ(principal->organisation, "default");
  EXPECT_EQ(principal->project, "lab");
  EXPECT_TRUE(principal->may(Role::dev, "lab"));
  EXPECT_FALSE(principal->may(Role::admin, "lab"));
  EXPECT_FALSE(principal->may(Role::viewer, "default"));
}

TEST_F(Access, AnotherTokenIsNobody) {
  make_key();
  for (const std::string& token : {std::string(), std::string("chk_two"), std::string("chk_on"),
                                   std::string("chk_one "), token_hash("chk_one"), std::string(kTokenSizeMax + 1, 'a')})
    EXPECT_FALSE(table.find(token, noon)) << token;
}

TEST_F(Access, ARevokedKeyOpensNothingAtOnceAndItsHolderIsNamed) {
  make_key();
  apply(key, ApiKeyRevoked{});
  EXPECT_FALSE(table.find("chk_one", noon));
  EXPECT_FALSE(table.has_key(noon));
  EXPECT_THAT(revoked, ElementsAre("key:" + key));
}

TEST_F(Access, AKeyIsGoodUntilItsMoment) {
  make_key(Role::dev, noon + seconds(60));
  EXPECT_TRUE(table.find("chk_one", noon + seconds(60) - Duration{1}));
  EXPECT_FALSE(table.find("chk_one", noon + seconds(60)));
  EXPECT_TRUE(table.has_key(noon));
  EXPECT_FALSE(table.has_key(noon + seconds(60)));
}

TEST_F(Access, TheHolderOfAnExpiredKeyIsNamedOnce) {
  make_key(Role::dev, noon + seconds(60));
  table.expire(noon + seconds(59));
  EXPECT_THAT(revoked, IsEmpty());
  table.expire(noon + seconds(60));
  table.expire(noon + seconds(61));
  EXPECT_THAT(revoked, ElementsAre("key:" + key));
}

TEST_F(Access, AnotherOrganisationsProjectOfTheSameNameGivesNothing) {
  make_lab();
  apply(lab, ProjectMemberSet{"ann", Role::admin});
  EXPECT_TRUE(table.user("default", "ann")->may(Role::admin, "lab"));
  EXPECT_FALSE(table.user("other", "ann")->may(Role::viewer, "lab"));
  EXPECT_FALSE(table.has_project("other", "lab"));
  EXPECT_FALSE(table.api_key("other", key));
}

TEST_F(Access, AMemberWhoLosesARoleIsNamedAndOneWhoGainsIsNot) {
  make_lab();
  apply(lab, ProjectMemberSet{"bob", Role::dev});
  apply(lab, ProjectMemberSet{"bob", Role::admin});
  EXPECT_THAT(revoked, IsEmpty());
  apply(lab, ProjectMemberSet{"bob", Role::viewer});
  EXPECT_THAT(revoked, ElementsAre("user:bob"));
  apply(lab, ProjectMemberRemoved{"bob"});
  EXPECT_THAT(revoked, ElementsAre("user:bob", "user:bob"));
  EXPECT_EQ(table.user("default", "bob")->role_in("lab"), Role::none);
}

TEST_F(Access, AKeyThatIsAMemberElsewhereHasThatRoleThereAndItsHoldersAreToldOfEachChange) {
  std::vector<AccessTable::PrincipalPtr> changed;
  table.observe([](std::string_view id) { ADD_FAILURE() << id; },
                [&](const AccessTable::PrincipalPtr& principal) { changed.push_back(principal); });
  make_key();
  const auto other = project_id("default", "other");
  apply(other, ProjectCreated{"other", "default", "key:" + key});
  apply(other, ProjectMemberSet{key, Role::admin});
  EXPECT_TRUE(table.find("chk_one", noon)->may(Role::admin, "other"));
  EXPECT_FALSE(table.find("chk_one", noon)->may(Role::admin, "lab"));
  EXPECT_EQ(table.find("chk_one", noon)->project, "lab");
  apply(other, ProjectMemberRemoved{key});
  EXPECT_FALSE(table.find("chk_one", noon)->may(Role::viewer, "other"));
  EXPECT_TRUE(table.find("chk_one", noon)->may(Role::dev, "lab"));
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_EQ(changed.front()->role_in("other"), Role::admin);
  EXPECT_EQ(changed.back()->role_in("other"), Role::none);
}

TEST_F(Access, AMembershipThatIsOlderThanItsKeyCounts) {
  make_lab();
  apply(project_id("default", "other"), ProjectCreated{"other", "default", "user:ann"});
  apply(project_id("default", "other"), ProjectMemberSet{key, Role::viewer});
  make_key();
  EXPECT_TRUE(table.find("chk_one", noon)->may(Role::viewer, "other"));
  apply(key, ApiKeyRevoked{});
  EXPECT_FALSE(table.find("chk_one", noon));
  apply(project_id("default", "other"), ProjectMemberSet{key, Role::admin});
  EXPECT_FALSE(table.find("chk_one", noon));
}

TEST_F(Access, AnAdminOfAllIsToldOfEachNewProject) {
  std::vector<std::string> of;
  table.observe([](std::string_view id) { ADD_FAILURE() << id; },
                [&](const AccessTable::PrincipalPtr& principal) {
                  EXPECT_TRUE(principal->may(Role::admin, "lab"));
                  of.push_back(principal->id);
                });
  table.admit_admin("chk_dev", "default", "dev");
  make_lab();
  EXPECT_THAT(of, ElementsAre("user:dev"));
}

TEST_F(Access, NobodyIsToldAfterTheyForgot) {
  const auto id = table.on_revoked([](std::string_view) { ADD_FAILURE(); });
  table.forget(id);
  make_key();
  apply(key, ApiKeyRevoked{});
}

TEST_F(Access, TheDefaultProjectIsThereWithTheTimeTheSystemWasMade) {
  table.made_at(noon);
  EXPECT_TRUE(table.has_project("default", "default"));
  const auto page = table.projects("default", 0, 10);
  EXPECT_EQ(page.total, 1U);
  EXPECT_EQ(page.items.at(0), R"({"id":")" + project_id("default", "default") +
                                  R"(","name":"default","organisation":"default","members":{},"created_by":"system",)" +
                                  R"("created_at":"2026-03-01T12:00:00.000000Z"})");
}

TEST_F(Access, TheDevUserIsAdminOfEveryProjectAlsoOfLaterOnes) {
  table.admit_admin("chk_dev", "default", "dev");
  make_lab();
  const auto principal = table.find("chk_dev", noon);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->id, "user:dev");
  EXPECT_TRUE(principal->may(Role::admin, "default"));
  EXPECT_TRUE(principal->may(Role::admin, "lab"));
  EXPECT_FALSE(principal->may(Role::viewer, "elsewhere"));
}

TEST_F(Access, ListsAreByCreationInPagesAndShowNoHash) {
  for (int i = 0; i < 5; ++i)
    apply(derive_id(kApiKeyPrefix, std::to_string(9 - i), 0),
          ApiKeyCreated{
              "k" + std::to_string(i), "default", "lab", Role::dev, {}, token_hash(std::to_string(i)), "user:ann"});
  const auto page = table.api_keys("default", "lab", 3, 10);
  EXPECT_EQ(page.total, 5U);
  EXPECT_THAT(page.items, ElementsAre(HasSubstr(R"("name":"k3")"), HasSubstr(R"("name":"k4")")));
  EXPECT_THAT(page.items.at(0), Not(HasSubstr(token_hash("3"))));
  EXPECT_THAT(page.items.at(0), HasSubstr(R"("expires_at":null)"));
  EXPECT_THAT(table.api_keys("default", "lab", 5, 10).items, IsEmpty());
  EXPECT_EQ(table.api_keys("default", "other", 0, 10).total, 0U);
}

TEST_F(Access, ARecordThatComesTwiceCountsOnce) {
  const auto record = records.next(
      key, ApiKeyEvent(ApiKeyCreated{"ci", "default", "lab", Role::dev, {}, token_hash("chk_one"), "user:ann"}));
  EXPECT_TRUE(table.apply(3, record));
  apply(key, ApiKeyRevoked{});
  EXPECT_FALSE(table.apply(3, record));
  EXPECT_FALSE(table.find("chk_one", noon));
}

TEST_F(Access, AnEventOfANewerReleaseClosesItsKey) {
  make_key();
  auto record = records.next(key, ApiKeyEvent(ApiKeyRevoked{}));
  record.type = "computehub.api_key.narrowed.v7";
  table.apply(3, record);
  EXPECT_FALSE(table.find("chk_one", noon));
  EXPECT_EQ(table.broken(), 1U);
  EXPECT_THAT(revoked, ElementsAre("key:" + key));
}

TEST_F(Access, AMissingEventOfAProjectTakesItsMembersRights) {
  make_lab();
  apply(lab, ProjectMemberSet{"bob", Role::dev});
  records.next(lab, ProjectEvent(ProjectMemberRemoved{"bob"}));
  apply(lab, ProjectMemberSet{"ann", Role::admin});
  EXPECT_EQ(table.user("default", "bob")->role_in("lab"), Role::none);
  EXPECT_EQ(table.user("default", "ann")->role_in("lab"), Role::none);
  EXPECT_THAT(revoked, ElementsAre("user:bob"));
}

TEST_F(Access, RowsThatAreLoadedGiveTheSameRights) {
  make_lab();
  make_key();
  apply(lab, ProjectMemberSet{"bob", Role::dev});
  const auto gone = derive_id(kApiKeyPrefix, "2", 0);
  apply(gone, ApiKeyCreated{"old", "default", "lab", Role::admin, {}, token_hash("chk_two"), "user:ann"});
  apply(gone, ApiKeyRevoked{});
  AccessTable other;
  for (const auto& id : {lab, key, gone}) ASSERT_TRUE(other.load(id, table.row(id)));
  EXPECT_TRUE(other.find("chk_one", noon)->may(Role::dev, "lab"));
  EXPECT_FALSE(other.find("chk_two", noon));
  EXPECT_TRUE(other.user("default", "bob")->may(Role::dev, "lab"));
  EXPECT_EQ(other.api_keys("default", "lab", 0, 10).items, table.api_keys("default", "lab", 0, 10).items);
  EXPECT_EQ(other.projects("default", 0, 10).items, table.projects("default", 0, 10).items);
}

TEST_F(Access, RecordsOfOtherKindsAreNoneOfItsBusiness) {
  auto record = records.next(derive_id("dep_", "1", 0), ApiKeyEvent(ApiKeyRevoked{}));
  EXPECT_FALSE(AccessTable::concerns(record));
  record = records.next(key, ApiKeyEvent(ApiKeyRevoked{}));
  record.kind = log::RecordKind::message;
  EXPECT_FALSE(AccessTable::concerns(record));
}

}  // namespace
}  // namespace hub::accounts
