// Images, with a program in podman's place: what is asked of podman, and what is done with its answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/providers/local_harness.hpp"

namespace hub::providers::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Notes each call in "calls" beside itself; runs what stands behind "-- IMAGE" as it is.
constexpr const char* kWorks = R"(echo "$*" >> "$0.calls"
while [ $# -gt 0 ]; do
  if [ "$1" = -- ]; then shift 2; exec "$@"; fi
  shift
done
exit 0)";
constexpr const char* kNeedsRunc = R"(echo "$*" >> "$0.calls"
[ "$1 $2" = "--runtime runc" ] && exit 0
echo "Error: crun: setrlimit: Operation not permitted" >&2
exit 126)";
constexpr const char* kFails = R"(echo "$*" >> "$0.calls"
echo "Error: no containers for you" >&2
exit 125)";

class LocalPodmanTest : public testing::Test {
 protected:
  void use_podman(const std::string& script) {
    const auto path = harness_.folder.path() + "/podman";
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
    harness_.options.podman = path;
    harness_.restart_server();
  }
  std::string calls() const { return read_small_file(harness_.folder.path() + "/podman.calls"); }
  CreateOrder image_order(const std::string& name) {
    auto order = harness_.shell(test_id(name), "echo $TOKEN; sleep 3600");
    order.spec.image = "docker.io/library/alpine";
    return order;
  }

  LocalHarness harness_;
};

TEST_F(LocalPodmanTest, RefusesAnImageWithPodmansOwnWords) {
  use_podman(kFails);
  const auto created = harness_.provider().create(image_order("refused"));
  ASSERT_FALSE(created.has_value());
  EXPECT_EQ(created.error().kind, FailureKind::invalid);
  EXPECT_EQ(created.error().code, "provider.containers_unavailable");
  EXPECT_EQ(created.error().detail, "Error: no containers for you");
  EXPECT_EQ(created.error().field, "image");
  const auto capabilities = harness_.provider().capabilities();
  EXPECT_FALSE(capabilities.takes_image);
  EXPECT_EQ(capabilities.no_image_because, "Error: no containers for you");
  EXPECT_THAT(calls(), Not(HasSubstr("runc"))) << "another runtime would not have helped";
  EXPECT_TRUE(harness_.is_emptied());
}

TEST_F(LocalPodmanTest, RefusesAnImageWhereThereIsNoPodman) {
  harness_.options.podman = "/no/such/podman";
  harness_.restart_server();
  const auto created = harness_.provider().create(image_order("no podman"));
  EXPECT_EQ(created.error().code, "provider.containers_unavailable");
  EXPECT_THAT(created.error().detail, HasSubstr("No such file"));
}

TEST_F(LocalPodmanTest, TriesRuncWhereCrunRefuses) {
  use_podman(kNeedsRunc);
  ASSERT_TRUE(harness_.provider().create(image_order("runc")).has_value());
  EXPECT_TRUE(harness_.provider().capabilities().takes_image);
  EXPECT_EQ(harness_.provider().capabilities().no_image_because, "");
  EXPECT_THAT(calls(), HasSubstr("--ulimit nofile="));
}

TEST_F(LocalPodmanTest, RunsAnImageWithValuesOnNoCommandLine) {
  use_podman(kWorks);
  auto order = image_order("works");
  order.env["TOKEN"] = "s3cret-value";
  order.spec.ports = {{8'080, std::nullopt, std::nullopt}};
  order.spec.limits = deployments::Limits{0.5, 64 << 20, 7};
  EXPECT_EQ(harness_.provider().create(order).value().limits_by, "provider");
  harness_.run(order);
  harness_.observer().wait_seq(order.order_id, 1);
  EXPECT_THAT(texts_of(harness_.provider().logs(order.order_id, {}).value()), ElementsAre("s3cret-value"));
  ASSERT_TRUE(harness_.provider().remove(order.order_id).has_value());
  EXPECT_THAT(calls(), Not(HasSubstr("s3cret-value")));
  EXPECT_THAT(calls(), HasSubstr("--env TOKEN"));
  EXPECT_THAT(calls(), HasSubstr("--memory 67108864b --pids-limit 7 --publish 127.0.0.1:8080:8080"));
  EXPECT_THAT(calls(), HasSubstr("-- docker.io/library/alpine /bin/sh -c"));
  EXPECT_THAT(calls(), HasSubstr("rm --force --ignore --time 0 " + order.order_id));
}

TEST_F(LocalPodmanTest, RefusesVariablesThatPodmanItselfGoesBy) {
  use_podman(kWorks);
  auto order = image_order("home");
  order.env["HOME"] = "/root";
  const auto created = harness_.provider().create(order);
  EXPECT_EQ(created.error().code, "provider.invalid");
  EXPECT_EQ(created.error().field, "env.HOME");
}

}  // namespace
}  // namespace hub::providers::local
