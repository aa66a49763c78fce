#pragma once
#include "adapters/deployments/deployment_effects.hpp"
#include "adapters/secrets/sealer.hpp"
#include "adapters/secrets/secrets.hpp"

namespace hub::server {

/// Turns a deployment's `env` into plain values, for the moment in which its process starts. `deployment_id` is part
/// of what was sealed. Fails: not_found `secrets.unknown`, gone `sealed.erased`, and as secrets and seals do.
Result<std::map<std::string, std::string>> open_env(secrets::Secrets& secrets, secrets::Sealer& sealer,
                                                    const std::string& deployment_id, const std::string& organisation,
                                                    const std::string& project,
                                                    const std::map<std::string, deployments::EnvValue>& env);

}  // namespace hub::server
