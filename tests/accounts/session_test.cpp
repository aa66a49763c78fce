#include "actors/accounts/session.hpp"

#include <gtest/gtest.h>

#include "events/accounts/token.hpp"
#include "tests/support/aggregate_spec.hpp"

namespace hub::accounts {
namespace {

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();
const std::string hash = token_hash("chs_one");
const SessionOpened opened{"key:key_1", "default", hash, noon + seconds(60)};

TEST(Session, IsOpenedForItsOwner) {
  test::Spec<Session>().at(noon).when(OpenSession{"key:key_1", hash, noon + seconds(60)}).then({opened});
}

TEST(Session, IsOpenedOnce) {
  test::Spec<Session>()
      .at(noon)
      .given({opened})
      .when(OpenSession{"key:key_1", hash, noon + seconds(60)})
      .then_refused("session.exists");
}

TEST(Session, EndsOnceAndStaysEnded) {
  test::Spec<Session> spec;
  spec.at(noon).given({opened}).when(EndSession{}).then({SessionEnded{}});
  spec.when(EndSession{}).then({});
}

TEST(Session, OneThatNeverWasCannotBeEnded) {
  test::Spec<Session>().at(noon).when(EndSession{}).then_refused("session.unknown");
}

TEST(Session, BadFieldsAreRefused) {
  const auto refused = [](const OpenSession& command, const char* code) {
    test::Spec<Session>().at(noon).when(command).then_refused(code);
  };
  refused({"", hash, noon + seconds(60)}, "session.owner");
  refused({"key:key_1", "chs_the_secret_itself", noon + seconds(60)}, "session.secret_hash");
  refused({"key:key_1", hash, noon}, "session.expires_at");
}

}  // namespace
}  // namespace hub::accounts
