#pragma once
#include "gateway/http/router.hpp"

namespace hub::server {

/// GET /docs and /docs/{file}: the reference page of the API with its script and style, from the binary, for everyone.
/// A build without the fetched files answers /docs with 503 and how to fetch them.
void add_docs(http::Router& router);

}  // namespace hub::server
