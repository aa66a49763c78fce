#pragma once
#include <vector>

#include "actors/hosts/host.hpp"
#include "gateway/routes/services.hpp"

namespace hub::routes {

/// Every machine that was offered, by name; where one node has the log to itself, that one alone.
std::vector<hosts::HostState> all_hosts(Services& services);

/// Names the host of a spec where several nodes share the log: the one that it names, else this machine. Fails: invalid
/// `host.not_offered`, conflict `host.away`; invalid `deployment.host` (of another provider than "local").
Result<void> give_host(Services& services, deployments::Spec& spec);

}  // namespace hub::routes
