// GET /api/v1/system/info: versions, and the configuration in force. For admins.
#include "gateway/routes/system_info.hpp"

#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {

BOOST_DESCRIBE_STRUCT(BuildInfo, (), (commit, committed_at, modified, compiler))
BOOST_DESCRIBE_STRUCT(LogInfo, (), (kind, format, partitions, incarnation))
BOOST_DESCRIBE_STRUCT(LibraryInfo, (), (name, version))
BOOST_DESCRIBE_STRUCT(SettingInfo, (), (name, value, source))
BOOST_DESCRIBE_STRUCT(SystemInfo, (), (version, build, api_version, log, node, started_at, libraries, configuration))

namespace {

using http::Request;
using http::Response;

asio::awaitable<Response> get_info(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  if (const auto may = require(request, accounts::Role::admin, request.principal->project); !may)
    co_return http::refuse(request, may.error());
  co_return http::answer(to_json(services.info()));
}

}  // namespace

void add_system_info(http::Router& router, Services& services) {
  router.add(
      {http::Verb::get, "/api/v1/system/info", [&services](Request& request) { return get_info(services, request); }});
}

}  // namespace hub::routes
