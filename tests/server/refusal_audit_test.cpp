#include "gateway/server/refusal_audit.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

#include "actors/accounts/access.hpp"

namespace hub::server {
namespace {

using accounts::RecordRefusals;

/// Stands for the engine: takes what is handed over, or refuses it.
struct Record {
  std::mutex mutex;
  std::condition_variable grown;
  std::vector<engine::Input> inputs;
  int refuse = 0;  ///< so many are refused first

  Result<void> take(engine::Input input, const engine::Completion& done) {
    engine::Reply reply;
    {
      const std::lock_guard lock(mutex);
      if (refuse > 0) {
        --refuse;
        reply.refusal = Failure{FailureKind::insufficient_storage, "disk.full", "", "", 0};
      } else {
        inputs.push_back(std::move(input));
      }
    }
    grown.notify_all();
    done(reply);
    return success();
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    return grown.wait_for(lock, std::chrono::seconds(10), [&] { return inputs.size() >= count; });
  }
  std::vector<RecordRefusals> records() {
    const std::lock_guard lock(mutex);
    std::vector<RecordRefusals> all;
    for (const auto& input : inputs)
      all.push_back(std::get<RecordRefusals>(accounts::Access::decode_command(input.type, input.data).value()));
    return all;
  }
  std::int64_t counted() {
    std::int64_t sum = 0;
    for (const auto& record : records()) sum += record.count;
    return sum;
  }
};

RefusalAudit::Submit into(Record& record) {
  return [&record](engine::Input input, engine::Completion done) { return record.take(std::move(input), done); };
}

accounts::Principal caller(int number) {
  return {"key:" + std::to_string(number), "default", "lab", {}};
}

TEST(RefusalAudit, WritesTheFirstAtOnceAndTheOthersTogether) {
  Record record;
  RefusalAudit audit(into(record), {});
  audit.note({nullptr, 401, "auth.required", "/api/v1/me", "first"});
  ASSERT_TRUE(record.wait_for(1));
  for (int i = 0; i < 10'000; ++i) audit.note({nullptr, 401, "auth.required", "/api/v1/me", "later"});
  EXPECT_EQ(record.records().size(), 1U);
  audit.stop();
  const auto records = record.records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].caller, accounts::kNobody);
  EXPECT_EQ(records[0].request_id, "first");
  EXPECT_EQ(records[0].count, 1);
  EXPECT_EQ(records[1].request_id, "later");
  EXPECT_EQ(records[1].count, 10'000);
  EXPECT_LE(records[1].first_at, records[1].last_at);
}

TEST(RefusalAudit, WhatGoesOnIsWrittenOnceAnInterval) {
  Record record;
  RefusalAudit::Options options;
  options.interval = std::chrono::milliseconds(20);
  RefusalAudit audit(into(record), options);
  const auto ann = caller(1);
  audit.note({&ann, 403, "auth.forbidden", "/api/v1/deployments", "a"});
  ASSERT_TRUE(record.wait_for(1));
  audit.note({&ann, 403, "auth.forbidden", "/api/v1/deployments", "b"});
  ASSERT_TRUE(record.wait_for(2)) << "without a further refusal and without a stop";
  EXPECT_EQ(record.records()[1].caller, "key:1");
  EXPECT_EQ(record.inputs[1].project, "lab");
  EXPECT_EQ(record.inputs[1].entity, accounts::access_id("default", "lab"));
}

TEST(RefusalAudit, HoweverManyCallersThereAreTheRecordsAreBounded) {
  Record record;
  RefusalAudit::Options options;
  options.keys_max = 16;
  RefusalAudit audit(into(record), options);
  for (int i = 0; i < 1'000; ++i) {
    const auto someone = caller(i);
    audit.note({&someone, 403, "auth.forbidden", "/api/v1/deployments", "r"});
  }
  audit.stop();
  EXPECT_LE(record.records().size(), 2U * (16 + 1)) << "first and last of each";
  EXPECT_EQ(record.counted(), 1'000) << "none is forgotten";
  std::int64_t others = 0;
  for (const auto& each : record.records())
    if (each.caller == accounts::kOthers) others += each.count;
  EXPECT_GE(others, 1'000 - 2 * 16);
}

TEST(RefusalAudit, WhatCannotBeWrittenNowIsCountedOn) {
  Record record;
  record.refuse = 3;
  RefusalAudit::Options options;
  options.interval = std::chrono::milliseconds(5);
  RefusalAudit audit(into(record), options);
  for (int i = 0; i < 10; ++i) audit.note({nullptr, 401, "auth.invalid", "", "r"});
  ASSERT_TRUE(record.wait_for(1));
  audit.stop();
  EXPECT_EQ(record.counted(), 10);
}

}  // namespace
}  // namespace hub::server
