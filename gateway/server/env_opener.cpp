#include "gateway/server/env_opener.hpp"

namespace hub::server {

Result<std::map<std::string, std::string>> open_env(secrets::Secrets& secrets, secrets::Sealer& sealer,
                                                    const std::string& deployment_id, const std::string& organisation,
                                                    const std::string& project,
                                                    const std::map<std::string, deployments::EnvValue>& env) {
  std::map<std::string, std::string> plain;
  for (const auto& [name, value] : env) {
    if (value.secret) {
      HUB_TRY(const auto bytes, secrets.get(organisation, project, *value.secret));
      plain.emplace(name, bytes.view());
    } else if (value.sealed) {
      HUB_TRY(const auto bytes, sealer.open(*value.sealed, deployment_id + "/env/" + name));
      plain.emplace(name, bytes.view());
    }
  }
  return plain;
}

}  // namespace hub::server
