#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/cli/command_line.hpp"
#include "gateway/cli/config.hpp"

namespace hub::cli {

/// What a command was told about the server's configuration.
struct ServerFlags {
  std::string config;
  std::vector<std::pair<std::string, std::string>> flags;
};

void add_config_flag(CLI::App& command, const std::shared_ptr<ServerFlags>& told);
/// Does nothing for an option that is no flag of a command.
void add_option_flag(CLI::App& command, const OptionSpec& option, const std::shared_ptr<ServerFlags>& told);

/// Of the flags, the environment and the file. Fails: as load_config(const ConfigSources&).
Result<Config> load_config(const CommandLine& line, const ServerFlags& told);

}  // namespace hub::cli
