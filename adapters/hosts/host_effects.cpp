#include "adapters/hosts/host_effects.hpp"

#include "actors/deployments/deployment.hpp"
#include "actors/hosts/host.hpp"
#include "events/core/json_codec.hpp"

namespace hub::hosts {
namespace {

engine::Input input_for(const std::string& entity, std::string_view type, std::string data) {
  engine::Input input;
  input.source = engine::Input::Source::effect;
  input.entity = entity;
  input.type = type;
  input.data = std::move(data);
  input.actor = "system";
  return input;
}

}  // namespace

void HostEffects::run(const engine::EffectRequest& request) {
  const auto host = from_json<std::string>(request.data);
  HUB_ASSERT(host && request.name == "tell_loss");
  const deployments::ReportUnreachable lost{
      {"host.away", "nothing is heard of the host " + host.value() + "; what runs there may go on", {}, {}, {}}};
  ReportLossTold told;
  store_.entities(deployments::kDeploymentPrefix, [&](const std::string& id, const engine::EntityRow& row) {
    const auto state = deployments::Deployment::decode_state(row.state);
    if (!state || state.value().host != host.value() || state.value().status != deployments::Status::running) return;
    ++told.deployments;
    submit_(input_for(id, deployments::ReportUnreachable::type, deployments::encode_command(lost)));
  });
  submit_(input_for(request.entity, ReportLossTold::type, encode_command(told)));
}

}  // namespace hub::hosts
