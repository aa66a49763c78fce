#include "projections/accounts/access_store.hpp"

#include <gmock/gmock.h>

#include "events/accounts/token.hpp"
#include "tests/accounts/records.hpp"
#include "tests/accounts/small_log.hpp"

namespace hub::accounts {
namespace {

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();

std::string key_id(int n) {
  return derive_id(kApiKeyPrefix, std::to_string(n), 0);
}
std::string token(int n) {
  return "chk_" + std::to_string(n);
}
ApiKeyEvent key_created(int n) {
  return ApiKeyCreated{"k", "default", "default", Role::dev, {}, token_hash(token(n)), "user:ann"};
}

struct AccessRows : testing::Test {
  test::TempFolder temp;
  std::filesystem::path folder = temp.path() / "projections" / "accounts-v1";
  std::unique_ptr<test::SmallLog> log = std::make_unique<test::SmallLog>(temp.path() / "log");
  test::Records records{noon};

  void write_key(int n) { log->write({records.next(key_id(n), key_created(n))}); }
  void revoke(int n) { log->write({records.next(key_id(n), ApiKeyEvent(ApiKeyRevoked{}))}); }
  /// Facts that are none of access's business.
  void write_others(std::size_t count) {
    std::vector<log::Record> others;
    for (std::size_t i = 0; i < count; ++i) {
      others.push_back(records.next(key_id(0), ApiKeyEvent(ApiKeyRevoked{})));
      others.back().entity = derive_id("dep_", "d", 0);
      others.back().type = "computehub.deployment.deleted.v1";
    }
    log->write(std::move(others));
  }
  std::unique_ptr<AccessStore> open() {
    auto store = AccessStore::open(folder, *log);
    EXPECT_TRUE(store) << store.error().code << " " << store.error().detail;
    return std::move(store).value();
  }
  bool lets_in(AccessStore& store, int n) { return store.table().find(token(n), noon) != nullptr; }
};

TEST_F(AccessRows, WhatWasThereAndWhatComesIsFolded) {
  write_key(1);
  const auto store = open();
  EXPECT_TRUE(lets_in(*store, 1));
  write_key(2);
  EXPECT_TRUE(lets_in(*store, 2));
}

TEST_F(AccessRows, ARevokedKeyIsClosedBeforeItsAppendReturns) {
  write_key(1);
  const auto store = open();
  std::vector<std::string> told;
  store->table().on_revoked([&](std::string_view id) { told.emplace_back(id); });
  revoke(1);
  EXPECT_FALSE(lets_in(*store, 1));
  EXPECT_THAT(told, testing::ElementsAre("key:" + key_id(1)));
}

TEST_F(AccessRows, ASecondStartReadsOnlyWhatCameSince) {
  for (int n = 1; n <= 20; ++n) write_key(n);
  EXPECT_GT(open()->caught_up(), 20U);  // the keys, and the claims of their partitions
  revoke(3);
  write_key(21);
  const auto store = open();
  EXPECT_EQ(store->caught_up(), 2U);
  for (int n = 1; n <= 21; ++n) EXPECT_EQ(lets_in(*store, n), n != 3) << n;
}

TEST_F(AccessRows, FactsOfOthersAreNotReadAgain) {
  open();
  write_others(AccessStore::kPositionEvery + 5);
  EXPECT_EQ(open()->caught_up(), AccessStore::kPositionEvery + 6);  // and the claim
  EXPECT_EQ(open()->caught_up(), 0U);
}

TEST_F(AccessRows, AfterACrashOnlySoManyFactsOfOthersAreReadAgain) {
  const auto as_killed = temp.path() / "as-killed";
  {
    const auto store = open();
    write_key(1);
    write_others(AccessStore::kPositionEvery);
    store->wait_written();
    write_others(7);
    // What a process that is killed now leaves on disk.
    std::filesystem::copy(folder, as_killed, std::filesystem::copy_options::recursive);
  }
  folder = as_killed;
  const auto store = open();
  EXPECT_EQ(store->caught_up(), 7U);
  EXPECT_TRUE(lets_in(*store, 1));
}

TEST_F(AccessRows, ABatchThatComesWhileCatchingUpIsFoldedOnceAndInItsTurn) {
  write_key(1);
  int n = 1;
  log->before_read_returns = [&] {
    for (int i = 0; i < 5 && n < 30; ++i) write_key(++n);  // behind what the reader has in hand
  };
  const auto store = open();
  EXPECT_EQ(n, 30);
  for (int i = 1; i <= n; ++i) EXPECT_TRUE(lets_in(*store, i)) << i;
  EXPECT_EQ(store->table().api_keys("default", "default", 0, 100).total, 30U);
}

TEST_F(AccessRows, RowsOfAnotherLogAreDropped) {
  write_key(1);
  open();
  log.reset();
  log = std::make_unique<test::SmallLog>(temp.path() / "another-log");
  records = test::Records(noon);
  write_key(2);
  const auto store = open();
  EXPECT_FALSE(lets_in(*store, 1));
  EXPECT_TRUE(lets_in(*store, 2));
}

TEST_F(AccessRows, RowsThatAreAheadOfTheirLogAreDropped) {
  write_key(1);
  log.reset();
  std::filesystem::copy(temp.path() / "log", temp.path() / "backup", std::filesystem::copy_options::recursive);
  log = std::make_unique<test::SmallLog>(temp.path() / "log");
  revoke(1);
  write_key(2);
  open();
  log.reset();
  std::filesystem::remove_all(temp.path() / "log");
  std::filesystem::rename(temp.path() / "backup", temp.path() / "log");
  log = std::make_unique<test::SmallLog>(temp.path() / "log");
  const auto store = open();
  EXPECT_TRUE(lets_in(*store, 1));
  EXPECT_FALSE(lets_in(*store, 2));
}

TEST_F(AccessRows, RowsThatWereLeftBrokenAreFoldedAnew) {
  write_key(1);
  auto unreadable = records.next(key_id(1), ApiKeyEvent(ApiKeyRevoked{}));
  unreadable.type = "computehub.api_key.narrowed.v7";
  log->write({unreadable});
  EXPECT_FALSE(lets_in(*open(), 1));
  EXPECT_GE(open()->caught_up(), 2U);
}

TEST_F(AccessRows, TheDefaultProjectIsAsOldAsTheLog) {
  log->write({records.next(derive_id_on_shard(kApiKeyPrefix, 0, "1", 0), key_created(1))});
  const auto made = log->read(0, 1, 1).value().front()->end.index_time;
  EXPECT_EQ(open()->table().project("default", "default")->created_at, made);
  EXPECT_EQ(open()->table().project("default", "default")->created_at, made);
}

}  // namespace
}  // namespace hub::accounts
