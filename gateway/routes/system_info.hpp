#pragma once
#include <optional>
#include <string>
#include <vector>

#include "events/core/instant.hpp"

namespace hub::routes {

/// From what the server was built.
struct BuildInfo {
  std::optional<std::string> commit;  ///< 12 hexadecimal digits; none: not built from a checkout
  Instant committed_at;               ///< unset with it
  bool modified = false;              ///< there were changes that were not committed
  std::string compiler;
};

struct LogInfo {
  std::string kind;  ///< "kafka" or "embedded"
  std::uint32_t format = 0;
  std::uint32_t partitions = 0;
  std::string incarnation;  ///< as text: it may be more than a script can count
};

struct LibraryInfo {
  std::string name;
  std::string version;  ///< of what is linked, where the library can tell
};

/// An option of the server. Of secrets there is nothing but "********".
struct SettingInfo {
  std::string name;
  std::string value;
  std::string source;  ///< "default", "flag --x", "environment X", "FILE line N"; "the log", "the system": see value
};

/// What a server is and was told, as GET /api/v1/system/info shows it.
struct SystemInfo {
  std::string version;
  BuildInfo build;
  std::string api_version;
  LogInfo log;
  std::string node;
  Instant started_at;
  std::vector<LibraryInfo> libraries;
  std::vector<SettingInfo> configuration;
};

}  // namespace hub::routes
