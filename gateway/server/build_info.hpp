#pragma once
#include "gateway/routes/system_info.hpp"

namespace hub::server {

/// From which commit and by what this program was built.
routes::BuildInfo build_info();
/// What it is linked with, by name.
std::vector<routes::LibraryInfo> library_versions();

}  // namespace hub::server
