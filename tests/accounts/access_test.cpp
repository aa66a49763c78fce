#include "actors/accounts/access.hpp"

#include <gmock/gmock.h>

#include "tests/support/aggregate_spec.hpp"

namespace hub::accounts {
namespace {

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();

test::Spec<Access> door() {
  test::Spec<Access> spec;
  spec.at(noon).on(access_id("default", "lab"));
  return spec;
}

TEST(Door, RefusalsBecomeAFact) {
  door()
      .when(RecordRefusals{"key:key_1", 403, "auth.forbidden", "/api/v1/deployments", "req-1", 7, noon - seconds(60),
                           noon})
      .then({AccessRefused{"key:key_1", 403, "auth.forbidden", "/api/v1/deployments", "req-1", 7, noon - seconds(60),
                           noon}});
}

TEST(Door, ARecordStandsForAtLeastOneRefusal) {
  door().when(RecordRefusals{"nobody", 401, "auth.required", "", "", 0, noon, noon}).then_refused("access.count");
}

TEST(Door, EachProjectHasADoorOfItsOwn) {
  EXPECT_TRUE(is_id(access_id("default", "lab")));
  EXPECT_EQ(access_id("default", "lab"), access_id("default", "lab"));
  EXPECT_NE(access_id("default", "lab"), access_id("default", "other"));
}

}  // namespace
}  // namespace hub::accounts
