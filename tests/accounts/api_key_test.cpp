#include "actors/accounts/api_key.hpp"

#include <gmock/gmock.h>

#include "events/accounts/token.hpp"
#include "tests/support/aggregate_spec.hpp"

namespace hub::accounts {
namespace {

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();
const std::string hash = token_hash("chk_test");

CreateApiKey create() {
  return {"ci", "lab", Role::dev, noon + seconds(60), hash, ""};
}
ApiKeyCreated created() {
  return {"ci", "default", "lab", Role::dev, noon + seconds(60), hash, "user:ann"};
}

test::Spec<ApiKey> key() {
  test::Spec<ApiKey> spec;
  spec.at(noon).on("key_000000000000000000000000000");
  return spec;
}

/// The refusal of a creation after `change` was made to a good one.
template <class Change>
void refused(Change change, std::string_view code) {
  auto command = create();
  change(command);
  key().when(command).then_refused(code);
}

TEST(ApiKey, IsCreatedForItsOwner) {
  key().when(create()).then({created()});
  auto command = create();
  command.owner = "user:bob";
  auto expected = created();
  expected.owner = "user:bob";
  key().when(command).then({expected});
}

TEST(ApiKey, IsCreatedOnce) {
  key().given({created()}).when(create()).then_refused("api_key.exists");
}

TEST(ApiKey, ARevokedOneIsNotCreatedAgain) {
  key().given({created(), ApiKeyRevoked{}}).when(create()).then_refused("api_key.exists");
}

TEST(ApiKey, IsRevokedOnceAndStaysRevoked) {
  auto spec = key();
  spec.given({created()}).when(RevokeApiKey{}).then({ApiKeyRevoked{}});
  spec.when(RevokeApiKey{}).then({});
}

TEST(ApiKey, OneThatNeverWasCannotBeRevoked) {
  key().when(RevokeApiKey{}).then_refused("api_key.unknown");
}

TEST(ApiKey, BadFieldsAreRefused) {
  refused([](CreateApiKey& c) { c.name = std::string(kApiKeyNameSizeMax + 1, 'a'); }, "api_key.name");
  refused([](CreateApiKey& c) { c.name = "a\nb"; }, "api_key.name");
  refused([](CreateApiKey& c) { c.project = "../x"; }, "api_key.project");
  refused([](CreateApiKey& c) { c.role = Role::none; }, "api_key.role");
  refused([](CreateApiKey& c) { c.expires_at = noon; }, "api_key.expires_at");
  refused([](CreateApiKey& c) { c.token_hash = "chk_the_token_itself"; }, "api_key.token_hash");
  refused([](CreateApiKey& c) { c.token_hash = std::string(64, 'A'); }, "api_key.token_hash");
}

TEST(ApiKey, ItOwesNothingBecauseExpiryIsComparedWhenATokenIsUsed) {
  EXPECT_TRUE(key().given({created()}).agenda().empty());
}

TEST(ApiKey, TokensAreLongAndNeverTheSame) {
  const auto token = make_token();
  EXPECT_THAT(token, testing::MatchesRegex("chk_[A-Za-z0-9_-]{43}"));
  EXPECT_NE(token, make_token());
}

TEST(ApiKey, CommandsAreReadFromTheirJson) {
  const ApiKey::Command command = create();
  EXPECT_EQ(ApiKey::decode_command("CreateApiKey", encode_command(command)).value(), command);
  EXPECT_EQ(ApiKey::decode_command("RevokeApiKey", "{}").value(), ApiKey::Command(RevokeApiKey{}));
  EXPECT_EQ(ApiKey::decode_command("CreateApiKey", R"({"name": "x"})").error().code, "json.missing");
}

}  // namespace
}  // namespace hub::accounts
