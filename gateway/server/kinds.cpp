#include "gateway/server/kinds.hpp"

#include "actors/accounts/access.hpp"
#include "actors/accounts/api_key.hpp"
#include "actors/accounts/project.hpp"
#include "actors/accounts/session.hpp"
#include "actors/deployments/deployment.hpp"
#include "actors/engine/entity_actor.hpp"
#include "actors/hosts/host.hpp"
#include "actors/models/model.hpp"
#include "actors/models/names.hpp"

namespace hub::server {

engine::Kinds all_kinds() {
  engine::Kinds kinds;
  kinds.add(engine::host<deployments::Deployment>());
  kinds.add(engine::host<accounts::Project>());
  kinds.add(engine::host<accounts::ApiKey>());
  kinds.add(engine::host<accounts::Session>());
  kinds.add(engine::host<accounts::Access>());
  kinds.add(engine::host<hosts::Host>());
  kinds.add(engine::host<models::Model>());
  kinds.add(engine::host<models::Names>());
  return kinds;
}

}  // namespace hub::server
