#pragma once
#include <memory>
#include <string>

namespace hub::server {

/// schemas/openapi.yaml as one JSON document, put into the binary by the build.
std::shared_ptr<const std::string> openapi_document();

}  // namespace hub::server
