#include "gateway/cli/server_flags.hpp"

namespace hub::cli {

void add_config_flag(CLI::App& command, const std::shared_ptr<ServerFlags>& told) {
  command.add_option("--config", told->config, "YAML file with the same names (COMPUTEHUB_CONFIG)")->type_name("FILE");
}

void add_option_flag(CLI::App& command, const OptionSpec& option, const std::shared_ptr<ServerFlags>& told) {
  const std::string name(option.name);
  const std::string help(option.help);
  // --data is there for every command.
  if (option.kind == OptionSpec::Kind::secret || option.name == "data") return;
  if (option.kind == OptionSpec::Kind::switch_) {
    command.add_flag_callback(
        "--" + name, [told, name] { told->flags.emplace_back(name, "true"); }, help);
    return;
  }
  CLI::Option* flag = nullptr;
  if (option.kind == OptionSpec::Kind::properties) {
    const auto keep = [told, name](const std::vector<std::string>& texts) {
      for (const auto& text : texts) told->flags.emplace_back(name, text);
    };
    flag = command.add_option_function<std::vector<std::string>>("--" + name, keep, help)->allow_extra_args(false);
  } else {
    const auto keep = [told, name](const std::string& text) { told->flags.emplace_back(name, text); };
    flag = command.add_option_function<std::string>("--" + name, keep, help);
  }
  flag->type_name(std::string(option.placeholder));
}

Result<Config> load_config(const CommandLine& line, const ServerFlags& told) {
  const auto& session = line.session;
  ConfigSources sources{told.config, told.flags, session.environment};
  if (line.data_is_given) sources.flags.emplace_back("data", session.flags.data.string());
  const auto variable = session.environment.find("COMPUTEHUB_CONFIG");
  if (sources.file.empty() && variable != session.environment.end()) sources.file = variable->second;
  return load_config(sources);
}

}  // namespace hub::cli
