#include "gateway/server/openapi.hpp"

extern "C" {
extern const char hub_openapi_begin[];
extern const char hub_openapi_end[];
}

namespace hub::server {

std::shared_ptr<const std::string> openapi_document() {
  return std::make_shared<const std::string>(hub_openapi_begin, hub_openapi_end);
}

}  // namespace hub::server
