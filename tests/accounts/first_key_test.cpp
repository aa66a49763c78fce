#include <gmock/gmock.h>

#include <fstream>

#include "actors/accounts/create_key_offline.hpp"
#include "events/accounts/token.hpp"
#include "events/log/audit.hpp"
#include "projections/accounts/access_store.hpp"
#include "projections/accounts/dev_login.hpp"
#include "tests/accounts/records.hpp"
#include "tests/accounts/small_log.hpp"

namespace hub::accounts {
namespace {

namespace fs = std::filesystem;

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();

struct FirstKey : testing::Test {
  test::TempFolder temp;
  test::SmallLog log{temp.path() / "log"};
  log::Signer signer = log::Signer::temporary();
  std::unique_ptr<AccessStore> store = AccessStore::open(temp.path() / "rows", log).value();

  std::string code_of(const OfflineKey& wanted) {
    auto made = create_key_offline(log, signer, wanted, noon);
    return made ? "made" : made.error().code;
  }
};

TEST_F(FirstKey, OpensTheServerThatIsStartedNext) {
  EXPECT_FALSE(store->table().has_key(noon));
  const auto made = create_key_offline(log, signer, {}, noon);
  ASSERT_TRUE(made) << made.error().code;
  const auto principal = store->table().find(made.value().token, noon);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->id, "key:" + made.value().id);
  EXPECT_TRUE(principal->may(Role::admin, "default"));
}

TEST_F(FirstKey, TwoKeysAreTwo) {
  const auto one = create_key_offline(log, signer, {}, noon), two = create_key_offline(log, signer, {}, noon);
  ASSERT_TRUE(one && two);
  EXPECT_NE(one.value().id, two.value().id);
  EXPECT_TRUE(store->table().find(one.value().token, noon));
  EXPECT_TRUE(store->table().find(two.value().token, noon));
}

TEST_F(FirstKey, TheLogHasItsHashAndNeverItsToken) {
  const auto made = create_key_offline(log, signer, {}, noon);
  ASSERT_TRUE(made);
  const auto history = log.history(made.value().id, 1, 10).value();
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].record.type, ApiKeyCreated::type);
  EXPECT_THAT(history[0].record.data, testing::HasSubstr(token_hash(made.value().token)));
  EXPECT_THAT(history[0].record.data, testing::Not(testing::HasSubstr(made.value().token)));
}

TEST_F(FirstKey, IsSignedToTheLastRecord) {
  ASSERT_TRUE(create_key_offline(log, signer, {}, noon));
  const auto report = log::verify(log, signer.public_key());
  EXPECT_FALSE(report.fault);
  EXPECT_EQ(report.unsigned_records(), 0U);
}

TEST_F(FirstKey, IsRefusedForAProjectThatIsNotThere) {
  OfflineKey wanted;
  wanted.project = "lab";
  EXPECT_EQ(code_of(wanted), "project.unknown");
  test::Records records(noon);
  log.write({records.next(project_id("default", "lab"), ProjectEvent(ProjectCreated{"lab", "default", "user:ann"}))});
  EXPECT_EQ(code_of(wanted), "made");
}

TEST_F(FirstKey, IsRefusedAsTheServerWouldRefuseIt) {
  OfflineKey wanted;
  wanted.expires_at = noon;
  EXPECT_EQ(code_of(wanted), "api_key.expires_at");
  wanted = {};
  wanted.role = Role::none;
  EXPECT_EQ(code_of(wanted), "api_key.role");
  EXPECT_FALSE(store->table().has_key(noon));
}

struct DevLogin : testing::Test {
  test::TempFolder temp;
  fs::path keys = temp.path() / "keys";
};

TEST_F(DevLogin, TheTokenIsMadeOnceAndClosedToOthers) {
  const auto token = dev_token(keys, "");
  ASSERT_TRUE(token);
  EXPECT_EQ(dev_token(keys, "").value(), token.value());
  EXPECT_EQ(fs::status(dev_token_file(keys)).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(keys).permissions(), fs::perms::owner_all);
}

TEST_F(DevLogin, AGivenTokenWinsAndIsFoundByTheCommandLine) {
  const auto made = dev_token(keys, "").value();
  EXPECT_EQ(dev_token(keys, "my-own-token").value(), "my-own-token");
  std::string line;
  std::getline(std::ifstream(dev_token_file(keys)), line);
  EXPECT_EQ(line, "my-own-token");
  EXPECT_EQ(dev_token(keys, "").value(), "my-own-token");
}

TEST_F(DevLogin, AWeakOrBrokenTokenIsRefused) {
  for (const std::string& bad : {std::string("short"), std::string("with a space"), std::string("new\nline!"),
                                 std::string(kTokenSizeMax + 1, 'a')})
    EXPECT_EQ(dev_token(keys, bad).error().code, "dev_token.invalid");
}

TEST_F(DevLogin, LetsInTheDevUser) {
  AccessTable table;
  admit_dev(table, "my-own-token");
  const auto principal = table.find("my-own-token", noon);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->id, "user:dev");
  EXPECT_EQ(principal->organisation, "default");
  EXPECT_TRUE(principal->may(Role::admin, "default"));
  EXPECT_FALSE(table.has_key(noon));
}

}  // namespace
}  // namespace hub::accounts
