#include "gateway/cli/create_request.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "gateway/cli/exit_code.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

json::object body_of(const DeployFlags& flags) {
  json::object body;
  const auto applied = apply_flags(flags, body);
  EXPECT_TRUE(applied) << applied.error().detail;
  return body;
}

std::string refusal_of(const DeployFlags& flags) {
  json::object body;
  const auto applied = apply_flags(flags, body);
  if (applied) return "was accepted";
  EXPECT_EQ(exit_of(applied.error()), Exit::usage);
  return applied.error().detail;
}

DeployFlags sleeping() {
  DeployFlags flags;
  flags.command = {"/usr/bin/sleep", "60"};
  return flags;
}

TEST(DeployFlags, ACommandIsEnough) {
  EXPECT_EQ(json::serialize(body_of(sleeping())),
            R"({"command":["/usr/bin/sleep","60"],"provider":"local","name":"sleep"})");
}

TEST(DeployFlags, EachFlagHasItsPlaceInTheBody) {
  auto flags = sleeping();
  flags.name = "train";
  flags.env = {"A=1=2", "EMPTY="};
  flags.secrets = {"TOKEN=hf-token"};
  flags.labels = {"team=vision"};
  flags.ports = {"8080", "web:80/http"};
  flags.gpu = "RTX 4090:2";
  flags.cpus = "0.5";
  flags.memory = "512MiB";
  flags.processes = "100";
  flags.restart = "on-failure";
  flags.max_restarts = "3";
  flags.stop_grace = "1m";
  flags.price = "0.35";
  flags.stopped = true;
  const auto body = body_of(flags);
  EXPECT_EQ(json::serialize(body.at("env")), R"({"A":"1=2","EMPTY":"","TOKEN":{"secret":"hf-token"}})");
  EXPECT_EQ(json::serialize(body.at("labels")), R"({"team":"vision"})");
  EXPECT_EQ(json::serialize(body.at("ports")), R"([{"port":8080},{"port":80,"name":"web","protocol":"http"}])");
  EXPECT_EQ(json::serialize(body.at("gpu")), R"({"model":"RTX 4090","count":2})");
  EXPECT_EQ(json::serialize(body.at("limits")), R"({"cpus":5E-1,"memory_bytes":536870912,"processes":100})");
  EXPECT_EQ(json::serialize(body.at("restart_policy")), R"({"policy":"on-failure","max_restarts":3})");
  EXPECT_EQ(body.at("stop_grace"), "60s");
  EXPECT_EQ(body.at("price_usd_micro_per_hour"), 350'000);
  EXPECT_EQ(body.at("desired"), "stopped");
}

TEST(DeployFlags, WrongOnesNameTheFlag) {
  const auto with = [](auto change) {
    auto flags = sleeping();
    change(flags);
    return refusal_of(flags);
  };
  EXPECT_THAT(with([](auto& flags) { flags.env = {"NOVALUE"}; }), HasSubstr("--env"));
  EXPECT_THAT(with([](auto& flags) { flags.env = {"=x"}; }), HasSubstr("--env"));
  EXPECT_THAT(with([](auto& flags) { flags.ports = {"0"}; }), HasSubstr("--port"));
  EXPECT_THAT(with([](auto& flags) { flags.gpu = "H100:0"; }), HasSubstr("--gpu"));
  EXPECT_THAT(with([](auto& flags) { flags.memory = "lots"; }), HasSubstr("--memory"));
  EXPECT_THAT(with([](auto& flags) { flags.cpus = "0"; }), HasSubstr("--cpus"));
  EXPECT_THAT(with([](auto& flags) { flags.stop_grace = "10"; }), HasSubstr("--stop-grace"));
  EXPECT_THAT(with([](auto& flags) { flags.price = "cheap"; }), HasSubstr("--price"));
  EXPECT_THAT(with([](auto& flags) { flags.restart = "on-failur"; }), HasSubstr("did you mean \"on-failure\""));
  EXPECT_THAT(with([](auto& flags) { flags.max_restarts = "3"; }), HasSubstr("--max-restarts"));
  EXPECT_THAT(with([](auto& flags) { flags.files = {"/nonexistent:a"}; }), HasSubstr("cannot be read"));
  EXPECT_THAT(refusal_of({}), HasSubstr("what shall run?"));
}

TEST(DeployFlags, FilesTravelAsTextOrBase64) {
  const auto folder = std::filesystem::path(::testing::TempDir());
  const auto text = folder / "cli_file.txt", binary = folder / "cli_file.bin", large = folder / "cli_file.large";
  std::ofstream(text) << "hello";
  std::ofstream(binary) << std::string("\0\xFF", 2);
  std::ofstream(large) << std::string((768 << 10U) + 1, 'x');
  auto flags = sleeping();
  flags.files = {text.string() + ":etc/a.txt", binary.string()};
  EXPECT_EQ(json::serialize(body_of(flags).at("files")),
            R"([{"path":"etc/a.txt","text":"hello"},{"path":"cli_file.bin","base64":"AP8="}])");
  flags.files = {large.string() + ":x"};
  EXPECT_THAT(refusal_of(flags), HasSubstr("larger than 768 KiB"));
  for (const auto& path : {text, binary, large}) std::filesystem::remove(path);
}

std::string file_refusal(std::string_view yaml) {
  const auto read = read_deploy_file(yaml, "d.yaml");
  if (read) return "was accepted";
  EXPECT_EQ(exit_of(read.error()), Exit::usage);
  return read.error().detail;
}

TEST(DeployFile, ScalarsBecomeWhatTheirPlaceWants) {
  const auto body = read_deploy_file(R"(
name: 007
provider: local
command: [sleep, 60, true, 0x10]
env:
  PORT: 8080
  TOKEN: {secret: hf}
ports:
  - port: 8080
    name: web
limits: {cpus: 0.5, memory_bytes: 1048576}
restart_policy: always
gpu: {model: H100, count: 2}
price_usd_micro_per_hour: 350000
)",
                                     "d.yaml");
  ASSERT_TRUE(body) << body.error().detail;
  EXPECT_EQ(json::serialize(body.value()),
            R"({"name":"007","provider":"local","command":["sleep","60","true","0x10"],)"
            R"("env":{"PORT":"8080","TOKEN":{"secret":"hf"}},"ports":[{"port":8080,"name":"web"}],)"
            R"("limits":{"cpus":5E-1,"memory_bytes":1048576},"restart_policy":"always",)"
            R"("gpu":{"model":"H100","count":2},"price_usd_micro_per_hour":350000})");
}

TEST(DeployFile, UnknownKeysNameLineKeyAndTheNearestOne) {
  EXPECT_THAT(file_refusal("name: a\ncomand: [x]\n"),
              AllOf(HasSubstr("d.yaml line 2"), HasSubstr("did you mean \"command\"")));
  EXPECT_THAT(file_refusal("limits:\n  cpus: 1\n  memory: 5\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("limits.memory")));
  EXPECT_THAT(file_refusal("env:\n  A: {secrt: x}\n"), AllOf(HasSubstr("env.A.secrt"), HasSubstr("secret")));
}

TEST(DeployFile, WrongTypesNameLineAndPlace) {
  EXPECT_THAT(file_refusal("ports:\n  - port: http\n"), AllOf(HasSubstr("line 2"), HasSubstr("ports[0].port")));
  EXPECT_THAT(file_refusal("command: sleep 60\n"), HasSubstr("must be a list"));
  EXPECT_THAT(file_refusal("name: [a]\n"), HasSubstr("must be text"));
  EXPECT_THAT(file_refusal("limits: {cpus: .inf}\n"), HasSubstr("must be a number"));
  EXPECT_THAT(file_refusal("name: a\nname: b\n"), HasSubstr("is given twice"));
  EXPECT_THAT(file_refusal(""), HasSubstr("must hold one deployment"));
  EXPECT_THAT(file_refusal("name: a\n---\nname: b\n"), HasSubstr("must hold one deployment"));
  EXPECT_THAT(file_refusal("name: [a\n"), HasSubstr("line"));
}

TEST(DeployFile, AliasesThatMultiplyAreRefusedByTheirPlace) {
  EXPECT_THAT(file_refusal("labels: &a\n  x: [1,1]\ncommand: [*a, *a]\n"), HasSubstr("labels.x"));
}

TEST(DeployFile, FlagsGoOverIt) {
  auto body =
      read_deploy_file("name: a\nprovider: cloud\ncommand: [x]\nenv: {A: 1, B: 2}\nrestart_policy: always\n", "d")
          .value();
  DeployFlags flags;
  flags.name = "b";
  flags.env = {"B=3"};
  flags.max_restarts = "5";
  ASSERT_TRUE(apply_flags(flags, body));
  EXPECT_EQ(json::serialize(body), R"({"name":"b","provider":"cloud","command":["x"],"env":{"A":"1","B":"3"},)"
                                   R"("restart_policy":{"policy":"always","max_restarts":5}})");
}

}  // namespace
}  // namespace hub::cli
