#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"

namespace hub::cli {

/// What `deploy` was told by flags, as text. Empty: not given.
struct DeployFlags {
  std::string name, provider, host, image, gpu, cpus, memory, processes, restart, max_restarts, stop_grace, price;
  std::vector<std::string> env, secrets, ports, labels, files;
  std::vector<std::string> command;
  bool stopped = false;
};

/// Puts the flags over `body` (an object; empty, or what a file gave): single values replace, env and labels are
/// merged, ports and files are added. Fills in name (that of the command) and provider ("local") when none is given.
/// Fails: `cli.usage`, with the flag as field.
Result<void> apply_flags(const DeployFlags& flags, boost::json::object& body);

/// Reads a YAML file of the API's create shape. Scalars become what the shape wants at their place, so `command:
/// [sleep, 60]` needs no quotes. `name_of_file` is for messages. Fails: `cli.usage` with line and key.
Result<boost::json::object> read_deploy_file(std::string_view yaml, const std::string& name_of_file);

}  // namespace hub::cli
