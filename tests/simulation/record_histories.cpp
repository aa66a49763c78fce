// Prints histories of one kind (deployment, project, api_key or access), a line each, as this release writes them. For
// a release that adds an event version: append the lines to tests/recorded/histories/KIND.ndjson.
#include <iostream>

#include "actors/accounts/access.hpp"
#include "actors/accounts/api_key.hpp"
#include "actors/accounts/project.hpp"
#include "actors/accounts/session.hpp"
#include "actors/deployments/deployment.hpp"
#include "tests/simulation/histories.hpp"
#include "tests/simulation/random.hpp"

namespace hub::simulation {
namespace {

constexpr std::size_t kHistories = 60;
constexpr std::size_t kCommandsMax = 40;

deployments::Spec any_spec(Random& random) {
  using namespace deployments;
  Spec spec;
  spec.name = "name-" + std::to_string(random.below(100));
  spec.provider = random.chance(0.5) ? "local" : "cloud";
  spec.command = {"sh", "-c", "echo \"gr\xc3\xbc\xc3\x9f\x65\""};
  spec.env["PLAIN"] = {"k1:c2VhbGVk", {}};
  spec.env["SECRET"] = {{}, "name-of-a-secret"};
  if (random.chance(0.3)) spec.image = "docker.io/library/debian:12";
  if (random.chance(0.3)) spec.ports = {{8080, "web", "http"}, {9000, {}, {}}};
  if (random.chance(0.3)) spec.files = {{"a/b.txt", "text", {}}, {"c.bin", {}, "AAEC"}};
  if (random.chance(0.3)) spec.labels = {{"team", "vision"}, {"stage", ""}};
  if (random.chance(0.3)) spec.gpu = Gpu{"RTX 4090", 2};
  if (random.chance(0.3)) spec.limits = Limits{1.5, 64 << 20, 100};
  spec.restart_policy.policy = static_cast<Policy>(random.below(3));
  if (random.chance(0.5)) spec.restart_policy.max_restarts = 2;
  spec.price_usd_micro_per_hour = static_cast<std::int64_t>(random.below(3'000'000));
  return spec;
}

deployments::Command any_command(Random& random, const deployments::State& state, Instant now) {
  using namespace deployments;
  const Reason failed{"process.exited", "exit 3", 3, {}, {}}, ended{"process.exited", "exit 0", 0, {}, {}};
  if (!state.exists) return RequestDeployment{any_spec(random), static_cast<Desired>(random.below(2)), "user:ann"};
  switch (random.below(16)) {
    case 0:
      return StartDeployment{};
    case 1:
      return StopDeployment{};
    case 2:
      return RestartDeployment{};
    case 3:
      if (random.chance(0.3)) return DeleteDeployment{};
      return StartDeployment{};
    case 4:
      return ChangeDeployment{"other", {{{"team", "speech"}}}, Limits{{}, {}, 7}, RestartPolicy{}, 5};
    case 5:
      return ReportPrepared{
          "host-1", "cgroup2", {Ssh{"host-1", 22, "root", "ssh root@host-1"}, {{8080, "http://host-1"}}}};
    case 6:
    case 7:
      return ReportStarted{state.run, now};
    case 8:
      return ReportExited{state.run, now, random.chance(0.5) ? failed : ended};
    case 9:
      return ReportRemoved{};
    case 10: {
      const auto owed = Deployment::agenda(state);
      const auto key = owed.empty() ? std::string("0.0") : owed.front().key;
      const auto name = owed.empty() ? std::string("start") : owed.front().name;
      return ReportEffectFailed{
          name, key, random.chance(0.8), seconds(2), {"provider.unreachable", "no answer", {}, {}, {}}};
    }
    case 11:
      return ReportUnreachable{{"provider.unreachable", "no answer", {}, {}, {}}};
    case 12:
      return ReportReachable{state.run};
    case 13:
      return OpenTerminal{"trm_1"};
    case 14:
      return CloseTerminal{"trm_1", {"terminal.exited", "the shell has exited with code 3", 3, {}, {}}};
    default:
      return RestartDue{state.run};
  }
}

accounts::Project::Command any_command(Random& random, const accounts::ProjectState& state, Instant) {
  using namespace accounts;
  if (!state.created) return CreateProject{"vision"};
  if (random.chance(0.05)) return RecordErasure{"prj_x." + std::to_string(1 + random.below(3)), 1'000};
  const auto user = "user" + std::to_string(random.below(5)) + "@example.org";
  if (random.chance(0.3)) return RemoveMember{user};
  return SetMember{user, static_cast<Role>(1 + random.below(3))};
}

accounts::ApiKey::Command any_command(Random& random, const accounts::ApiKeyState& state, Instant now) {
  using namespace accounts;
  if (state.created) return RevokeApiKey{};
  CreateApiKey create{"for ci", "default", static_cast<Role>(1 + random.below(3)), {}, std::string(64, 'a'), ""};
  if (random.chance(0.5)) create.expires_at = now + seconds(3'600);
  return create;
}

accounts::Session::Command any_command(Random& random, const accounts::SessionState& state, Instant now) {
  using namespace accounts;
  if (state.opened) return EndSession{};
  return OpenSession{random.chance(0.5) ? "user:dev" : "key:key_1", std::string(64, 'a'), now + seconds(3'600)};
}

accounts::Access::Command any_command(Random& random, const accounts::AccessState&, Instant now) {
  return accounts::RecordRefusals{"user:bob",
                                  403,
                                  "access.denied",
                                  "/api/v1/deployments",
                                  "request-1",
                                  static_cast<std::int64_t>(1 + random.below(9)),
                                  now,
                                  now + seconds(1)};
}

template <class Aggregate>
void print() {
  // A project's id follows from its name; the others do not look at theirs.
  const auto entity = accounts::project_id("default", "vision");
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    Random random(seed);
    typename Aggregate::State state;
    RecordedHistory history;
    Instant now{1'772'366'400'000'000};
    for (auto left = 2 + random.below(kCommandsMax); left > 0; --left) {
      now = now + random.between(milliseconds(1), seconds(90));
      const engine::Context context{now, entity, "command", "user:ann", "default", "default"};
      const auto events = Aggregate::decide(state, any_command(random, state, now), context);
      if (!events) continue;
      for (const auto& event : events.value()) {
        history.events.push_back({std::string(Aggregate::event_type(event)), {Aggregate::encode_event(event)}});
        Aggregate::evolve(state, event);
      }
    }
    history.state = {Aggregate::encode_state(state)};
    std::cout << to_json(history) << "\n";
  }
}

}  // namespace
}  // namespace hub::simulation

int main(int count, char** arguments) {
  using namespace hub;
  const std::string kind = count == 2 ? arguments[1] : "";
  if (kind == "deployment")
    simulation::print<deployments::Deployment>();
  else if (kind == "project")
    simulation::print<accounts::Project>();
  else if (kind == "api_key")
    simulation::print<accounts::ApiKey>();
  else if (kind == "session")
    simulation::print<accounts::Session>();
  else if (kind == "access")
    simulation::print<accounts::Access>();
  else
    return 2;
  return 0;
}
