#include <gmock/gmock.h>

#include "events/core/base32.hpp"
#include "events/core/cursor.hpp"
#include "events/core/digest.hpp"
#include "events/core/ids.hpp"
#include "events/core/json_codec.hpp"
#include "events/deployments/events.hpp"

namespace hub {
namespace {

TEST(Ids, ARepeatedCommandMeetsTheSameEntity) {
  const auto id = derive_id("dep_", "command-1", 0);
  EXPECT_EQ(id, derive_id("dep_", "command-1", 0));
  EXPECT_NE(id, derive_id("dep_", "command-1", 1));
  EXPECT_NE(id, derive_id("dep_", "command-2", 0));
  EXPECT_TRUE(is_id(id)) << id;
  EXPECT_EQ(id.size(), 32U);
}

TEST(Ids, ShardsAreSpreadEvenlyOverPartitions) {
  std::array<int, 16> counts{};
  for (int i = 0; i < 16'000; ++i) ++counts.at(partition_of(derive_id("dep_", "c" + std::to_string(i), 0), 16));
  EXPECT_THAT(counts, testing::Each(testing::AllOf(testing::Gt(800), testing::Lt(1'200))));
}

TEST(Ids, AChosenShardIsKept) {
  EXPECT_EQ(shard_of(derive_id_on_shard("tsk_", 777, "c", 0)), 777U);
}

TEST(Ids, WhatIsNoIdIsRefused) {
  for (const auto* bad : {"", "dep_", "dep_../../etc/passwd_____________", "DEP_0000000000000000000000000000",
                          "dep_000000000000000000000000000u", "dep_00000000000000000000000000000"})
    EXPECT_FALSE(is_id(bad)) << bad;
}

TEST(Ids, TheSameKeyOfTwoCallersNeverMeets) {
  EXPECT_NE(command_id_of_key("o", "ab", "c"), command_id_of_key("o", "a", "bc"));
}

TEST(Ids, AUuidOfVersion7SortsByTime) {
  const auto id = random_command_id();
  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST(Cursors, RoundTripAndRefuse) {
  const Cursor cursor{~std::uint64_t{0}, {0, 1, 127, 128, ~std::uint64_t{0}}};
  EXPECT_EQ(parse_cursor(to_text(cursor)).value(), cursor);
  for (const auto* bad : {"", "AA", "AQ", "AYA", "AQH_", "!!!!", "-1", "1:2"}) EXPECT_FALSE(parse_cursor(bad)) << bad;
  EXPECT_TRUE(cursor.covers(3, 128));
  EXPECT_FALSE(cursor.covers(3, 129));
  EXPECT_FALSE(cursor.covers(9, 0));
}

TEST(Digests, MatchThePublishedVectors) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);  // the check value of CRC-32C
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");     // RFC 4648
  EXPECT_EQ(from_base64("Zm9vYg==").value(), "foob");
  EXPECT_FALSE(from_base64("Zm9vYg="));
  EXPECT_FALSE(from_base64("Zm9vYh=="));  // bits behind the end
}

TEST(Times, RoundTrip) {
  for (const auto* text : {"2026-03-01T12:00:00.000000Z", "1999-12-31T23:59:59.999999Z", "2024-02-29T00:00:00.000001Z"})
    EXPECT_EQ(to_rfc3339(parse_rfc3339(text).value()), text);
  EXPECT_EQ(parse_rfc3339("2026-03-01T13:30:00+01:30").value(), parse_rfc3339("2026-03-01T12:00:00Z").value());
}

TEST(Times, WhatIsNoTimeIsRefused) {
  for (const auto* bad : {"", "2026-03-01", "2026-02-30T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T12:00:00",
                          "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00+1:30", "2026-03-01T12:00:00Zx"})
    EXPECT_FALSE(parse_rfc3339(bad)) << bad;
}

TEST(Durations, RoundTripAndRefuse) {
  EXPECT_EQ(parse_duration("1.5s").value().micros, 1'500'000);
  EXPECT_EQ(parse_duration("250ms").value().micros, 250'000);
  EXPECT_EQ(parse_duration("2h").value().micros, 7'200'000'000);
  EXPECT_EQ(to_text(Duration{1'500'000}), "1.5s");
  EXPECT_EQ(to_text(seconds(300)), "300s");
  for (const auto* bad : {"", "s", "-1s", "1", "1 s", "1e9999s", "inf", "nans", "99999999d"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(Json, AFailureNamesTheField) {
  const auto field = [](std::string_view json) {
    return from_json<deployments::Spec>(json).error().code + " " + from_json<deployments::Spec>(json).error().field;
  };
  EXPECT_EQ(field(R"({"ports": [{"port": 1}, {"port": 70000}]})"), "json.range ports[1].port");
  EXPECT_EQ(field(R"({"gpu": {"model": 3}})"), "json.type gpu.model");
  EXPECT_EQ(field(R"({"gpu": {"cores": 3}})"), "json.unknown_field gpu.cores");
  EXPECT_EQ(field(R"({"name": "a", "name": "b"})"), "json.repeated_field name");
  EXPECT_EQ(field(R"({"labels": {"a": 1}})"), "json.type labels.a");
  EXPECT_EQ(field(R"({"stop_grace": "soon"})"), "json.range stop_grace");
  EXPECT_EQ(field(R"({"price_usd_micro_per_hour": 1e300})"), "json.range price_usd_micro_per_hour");
  EXPECT_EQ(field(R"({"name": "\\\"12345678901234567890", "price_usd_micro_per_hour": 12345678901234567890123})"),
            "json.range price_usd_micro_per_hour");
  EXPECT_EQ(field(R"({"price_usd_micro_per_hour": -99999999999999999999})"), "json.range price_usd_micro_per_hour");
}

TEST(Json, WhatIsNoJsonIsRefused) {
  for (const std::string& bad : {std::string(), std::string("{"), std::string("{}{}"), std::string("\xff"),
                                 std::string("{\"name\": \"\xc3\"}"), std::string(100'000, '[')})
    EXPECT_EQ(from_json<deployments::Spec>(bad).error().kind, FailureKind::malformed) << bad.substr(0, 20);
}

TEST(Json, NothingAtAllIsNoJson) {
  // A request without a body has a body from nowhere.
  EXPECT_EQ(from_json<deployments::Spec>(std::string_view()).error().code, "json.invalid");
}

TEST(Json, TheLogReadsWhatANewerReleaseWrote) {
  EXPECT_TRUE(from_json<deployments::Spec>(R"({"name": "a", "later": [1]})", ReadMode::lenient));
}

TEST(Json, EventsRoundTrip) {
  deployments::DeploymentRequested requested;
  requested.spec.name = "zażółć \"quoted\" \n \x01";
  requested.spec.command = {"sh", "-c", "exit 3"};
  requested.spec.env["A"].secret = "token";
  requested.spec.limits = deployments::Limits{0.5, std::int64_t{1} << 30, 10};
  requested.spec.restart_policy.policy = deployments::Policy::on_failure;
  requested.owner = "user:dev";
  const deployments::Event event = requested;
  const auto read = deployments::decode_event(deployments::type_of_event(event), deployments::encode_event(event));
  ASSERT_TRUE(read) << read.error().field;
  EXPECT_EQ(read.value(), event);
}

TEST(Json, BytesThatAreNoUtf8AreReplaced) {
  EXPECT_EQ(to_valid_utf8("a\xff z\xc3"), "a\xEF\xBF\xBD z\xEF\xBF\xBD");
  EXPECT_EQ(to_valid_utf8("żółw"), "żółw");
}

}  // namespace
}  // namespace hub
