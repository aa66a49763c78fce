#include <fmt/format.h>

#include <memory>

#include "events/core/json.hpp"
#include "gateway/cli/command_line.hpp"
#include "gateway/cli/doctor.hpp"
#include "gateway/cli/server_flags.hpp"
#include "gateway/cli/table.hpp"

namespace hub::cli {
namespace {

void add_server_flags(CLI::App& command, const std::shared_ptr<ServerFlags>& told) {
  add_config_flag(command, told);
  for (const auto& option : serve_options()) add_option_flag(command, option, told);
}

Exit serve(CommandLine& line, const ServerFlags& told) {
  const auto config = load_config(line, told);
  if (!config) return report(config.error(), line.session);
  if (const auto fits = check_serve(config.value().options); !fits) return report(fits.error(), line.session);
  return run_hook(line.session, line.local.serve, config.value());
}

std::vector<Setting> client_settings(Session& session, const std::filesystem::path& data) {
  auto flags = session.flags;
  flags.data = data;
  const auto endpoint = find_endpoint(flags, session.environment);
  if (!endpoint) return {{"url", "", "not known: no server has written " + (data / "server.json").string()}};
  std::vector<Setting> settings{{"url", endpoint.value().url(), endpoint.value().url_source}};
  if (!endpoint.value().token.empty()) settings.push_back({"token", "********", endpoint.value().token_source});
  if (!endpoint.value().ca.empty())
    settings.push_back(
        {"ca", endpoint.value().ca.string(), flags.ca.empty() ? "environment COMPUTEHUB_CA" : "flag --ca"});
  return settings;
}

std::string settings_json(const std::vector<Setting>& settings) {
  std::string text = "{\"items\":[";
  for (const auto& setting : settings) {
    text += (text.back() == '[' ? "" : ",");
    text += fmt::format(R"({{"name":{},"value":{},"source":{}}})", json_string(to_valid_utf8(setting.name)),
                        json_string(to_valid_utf8(setting.value)), json_string(to_valid_utf8(setting.source)));
  }
  return text + "]}";
}

Exit show_config(CommandLine& line, const ServerFlags& told) {
  const auto config = load_config(line, told);
  if (!config) return report(config.error(), line.session);
  auto settings = config.value().settings;
  const auto client = client_settings(line.session, config.value().options.data);
  settings.insert(settings.end(), client.begin(), client.end());
  auto& console = line.session.console;
  if (console.json) {
    console.line(settings_json(settings));
    return Exit::done;
  }
  std::vector<std::vector<Cell>> rows;
  for (const auto& setting : settings) {
    const bool plain = setting.source == "default";
    rows.push_back({{setting.name},
                    {setting.value.empty() ? "-" : setting.value},
                    {setting.source, plain ? Colour::grey : Colour::none}});
  }
  console.out(render_table({{"NAME"}, {"VALUE", false, 16}, {"FROM", false, 16}}, rows, console));
  if (const auto fits = check_serve(config.value().options); !fits)
    console.err("note: \"serve\" would refuse this: " + fits.error().detail);
  return Exit::done;
}

Exit doctor(CommandLine& line, const ServerFlags& told) {
  const auto config = load_config(line, told);
  if (!config) return report(config.error(), line.session);
  return run_doctor(line.session, config.value().options, line.local.doctor_checks);
}

}  // namespace

void add_serve_commands(CLI::App& app, CommandLine& line) {
  using Action = Exit (*)(CommandLine&, const ServerFlags&);
  const auto add = [&](const std::string& name, const std::string& help, const std::string& examples, Action action) {
    auto told = std::make_shared<ServerFlags>();
    add_server_flags(*line.add(app, name, help, examples, [&line, told, action] { return action(line, *told); }), told);
  };
  add("serve", "run the server",
      "computehub serve --dev\n"
      "computehub serve --data /var/lib/computehub --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem\n"
      "The flags are also keys of the file and variables: --log-format json is \"log-format: json\" there and\n"
      "COMPUTEHUB_LOG_FORMAT=json here. Flags win over variables, variables over the file. Secrets are no flags:\n"
      "COMPUTEHUB_DEV_TOKEN and ENCRYPTION_KEY.",
      serve);
  add("config", "what configuration is in force, and where it came from", "computehub config --config computehub.yaml",
      show_config);
  add("doctor", "check ports, clock, disk, keys, podman, cgroups and GPU",
      "computehub doctor --data /var/lib/computehub", doctor);
}

}  // namespace hub::cli
