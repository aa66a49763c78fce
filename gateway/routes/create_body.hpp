#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "actors/deployments/commands.hpp"
#include "events/core/result.hpp"

namespace hub::routes {

/// A checked create request. Plain values of `env` are apart: they are sealed before they enter the spec.
struct CreateBody {
  deployments::Spec spec;
  deployments::Desired desired = deployments::Desired::running;
  std::map<std::string, std::string> plain_env;
};

/// Body of POST /api/v1/deployments. Fails: as from_json does; invalid `deployment.<field>` for a value out of range,
/// with the field's path.
Result<CreateBody> parse_create(std::string_view json);

/// Body of PATCH /api/v1/deployments/{id}, checked in the same way.
Result<deployments::ChangeDeployment> parse_change(std::string_view json);

/// Body of POST /api/v1/deployments/batch.
struct BatchBody {
  std::string action;  ///< "start" | "stop" | "restart" | "delete"
  std::vector<std::string> ids;
};
Result<BatchBody> parse_batch(std::string_view json);

}  // namespace hub::routes
