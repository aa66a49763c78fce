// Machines that take deployments of the provider `local`.
#include "gateway/routes/hosts.hpp"

#include <algorithm>

#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

struct HostAnswer {
  std::string id;
  std::string name;
  std::string kind;    ///< "node" or "agent"
  std::string status;  ///< "online" or "away"
  std::int32_t cpus = 0;
  std::int64_t memory_bytes = 0;
  std::vector<hosts::HostGpu> gpus;
  std::int32_t running = 0;
  Instant last_seen_at;
};
BOOST_DESCRIBE_STRUCT(HostAnswer, (), (id, name, kind, status, cpus, memory_bytes, gpus, running, last_seen_at))

std::string answer_of(const hosts::HostState& host) {
  return to_json(HostAnswer{hosts::host_id(host.name), host.name, host.agent ? "agent" : "node",
                            host.away ? "away" : "online", host.cpus, host.memory_bytes, host.gpus, host.running,
                            host.seen_at});
}

/// Nodes are everybody's; the machine of an agent is that of its project.
bool may_see(const Request& request, const hosts::HostState& host) {
  if (!host.agent) return true;
  const auto& principal = *request.principal;
  return principal.organisation == host.agent->organisation &&
         principal.may(accounts::Role::viewer, host.agent->project);
}

asio::awaitable<Response> list_hosts(Services& services, Request& request) {
  if (const auto known = request.query.only({"page", "page_size"}); !known)
    co_return http::refuse(request, known.error());
  const auto paging = paging_of(request);
  if (!paging) co_return http::refuse(request, paging.error());
  auto all = all_hosts(services);
  std::erase_if(all, [&](const auto& host) { return !may_see(request, host); });
  std::vector<std::string> items;
  for (auto at = paging.value().offset(); at < all.size() && items.size() < paging.value().size; ++at)
    items.push_back(answer_of(all[at]));
  co_return http::answer(paging.value().json(items, all.size()));
}

}  // namespace

std::vector<hosts::HostState> all_hosts(Services& services) {
  std::vector<hosts::HostState> all;
  if (services.log.inputs() == nullptr) {
    all.push_back(services.this_host());
  }
  services.engine.store().entities(hosts::kHostPrefix, [&](const std::string&, const engine::EntityRow& row) {
    if (auto state = hosts::Host::decode_state(row.state)) all.push_back(std::move(state).value());
  });
  std::sort(all.begin(), all.end(), [](const auto& one, const auto& other) { return one.name < other.name; });
  return all;
}

Result<void> give_host(Services& services, std::string_view organisation, std::string_view project,
                       deployments::Spec& spec) {
  if (spec.provider != "local") {
    if (spec.host) return invalid("deployment.host", "is chosen by the provider", "host");
    return success();
  }
  const bool shared = services.log.inputs() != nullptr;
  if (!spec.host) {
    if (shared) spec.host = services.this_host().name;
    return success();
  }
  const auto all = all_hosts(services);
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& host) { return host.name == *spec.host; });
  const auto is_others = [&](const hosts::HostAgent& agent) {
    return agent.organisation != organisation || agent.project != project;
  };
  if (found == all.end() || (found->agent && is_others(*found->agent)))
    return invalid("host.not_offered", "no host of this name was offered", "host");
  if (found->away) return conflict("host.away", "nothing is heard of this host at the moment");
  // Where one node has the log to itself, its name is no part of what is asked for.
  if (!shared && !found->agent) spec.host.reset();
  return success();
}

void add_hosts(http::Router& router, Services& services) {
  router.add(
      {http::Verb::get, "/api/v1/hosts", [&services](Request& request) { return list_hosts(services, request); }});
}

}  // namespace hub::routes
