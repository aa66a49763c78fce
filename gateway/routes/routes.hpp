#pragma once
#include "gateway/http/router.hpp"
#include "gateway/routes/services.hpp"

namespace hub::routes {

// Each adds the routes of one subject. `services` outlives the router.
void add_deployment_reads(http::Router& router, Services& services);
void add_deployment_writes(http::Router& router, Services& services);
void add_deployment_batch(http::Router& router, Services& services);
void add_deployment_files(http::Router& router, Services& services);
void add_models(http::Router& router, Services& services);
void add_tasks(http::Router& router, Services& services);
void add_task_batch(http::Router& router, Services& services);
void add_task_bulk(http::Router& router, Services& services);
void add_stats(http::Router& router, Services& services);
void add_openai(http::Router& router, Services& services);
void add_telemetry(http::Router& router, Services& services);
void add_hosts(http::Router& router, Services& services);
void add_events(http::Router& router, Services& services);
void add_access(http::Router& router, Services& services);
void add_sessions(http::Router& router, Services& services);
void add_secrets(http::Router& router, Services& services);
void add_cluster(http::Router& router, Services& services);
void add_dead_letters(http::Router& router, Services& services);
void add_system(http::Router& router, Services& services);
void add_system_info(http::Router& router, Services& services);
void add_audit(http::Router& router, Services& services);

}  // namespace hub::routes
