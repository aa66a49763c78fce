#pragma once
#include "gateway/http/router.hpp"

namespace hub::server {

/// The dashboard: its files, and its page at every address that the page knows. Open to everyone; what it shows it asks
/// for with a session.
void add_dashboard(http::Router& router);

}  // namespace hub::server
