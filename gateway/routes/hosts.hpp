#pragma once
#include <vector>

#include "actors/hosts/host.hpp"
#include "gateway/routes/services.hpp"

namespace hub::routes {

/// Every machine that was offered, by name.
std::vector<hosts::HostState> all_hosts(Services& services);

/// Names the host of a spec of this project: the one that it names, else, where several nodes share the log, this
/// machine. Fails: invalid `host.not_offered` (also when it is another project's), conflict `host.away`; invalid
/// `deployment.host` (of another provider than "local").
Result<void> give_host(Services& services, std::string_view organisation, std::string_view project,
                       deployments::Spec& spec);

}  // namespace hub::routes
