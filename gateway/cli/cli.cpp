#include "gateway/cli/cli.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "gateway/cli/command_line.hpp"
#include "gateway/cli/text.hpp"

extern char** environ;

namespace hub::cli {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  computehub serve --dev                       start a server for yourself on 127.0.0.1:8080\n"
    "  computehub deploy --name hello -- sh -c 'echo hello; sleep 60'\n"
    "  computehub ps                                what there is\n"
    "  computehub logs -f hello                     its output, as it comes\n"
    "\"computehub COMMAND --help\" says more. Exit codes: 0 done, 1 refused or failed, 2 wrong usage,\n"
    "3 not reachable, 4 not found, 5 verification failed.";

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

void add_common_options(CLI::App& app, Session& session) {
  const std::string group = "Options of every command";
  app.add_option("--url", session.flags.url, "server, as http://HOST:PORT (COMPUTEHUB_URL)")->group(group);
  app.add_option("--token", session.flags.token, "bearer token (COMPUTEHUB_TOKEN)")->group(group);
  app.add_option("--data", session.flags.data, "data folder (COMPUTEHUB_DATA), by default ./.data")->group(group);
  app.add_option("--ca", session.flags.ca, "PEM file of whom to trust for https (COMPUTEHUB_CA)")->group(group);
  app.add_option_function<std::string>(
         "-o,--output", [&session](const std::string& format) { session.console.json = format == "json"; },
         "text (default) or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->group(group);
}

std::vector<std::string_view> command_names(const CLI::App& app, std::vector<std::string>& kept) {
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    kept.push_back(command->get_name());
  return {kept.begin(), kept.end()};
}

std::vector<std::string_view> flag_names(const CLI::App& app, std::vector<std::string>& kept) {
  for (const auto* at = &app; at != nullptr; at = at->get_parent())
    for (const auto* option : at->get_options())
      for (const auto& name : option->get_lnames()) kept.push_back("--" + name);
  return {kept.begin(), kept.end()};
}

/// The deepest command that was named.
const CLI::App& named_command(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : named_command(*commands.front());
}

/// The words in front of a command's own: "computehub audit" of "export", "" of the program itself.
std::string words_before(const CLI::App& command) {
  const auto* parent = command.get_parent();
  if (parent == nullptr) return {};
  const auto before = words_before(*parent);
  return before.empty() ? parent->get_name() : before + " " + parent->get_name();
}

/// CLI11 names the words it could not place; the hint is ours.
Exit wrong_arguments(const CLI::App& app, const CLI::ParseError& error, bool nothing_given, Session& session) {
  std::string text = error.what();
  const auto& command = named_command(app);
  std::vector<std::string> kept;
  // With fallthrough they are kept by the program, not by the command; flags first, for their values stand beside them.
  auto words = app.remaining(true);
  std::stable_partition(words.begin(), words.end(), [](const auto& word) { return word.substr(0, 1) == "-"; });
  if (!words.empty()) {
    const auto& word = words.front();
    const bool flag = word.substr(0, 1) == "-";
    const auto names = flag ? flag_names(command, kept) : command_names(command, kept);
    text = fmt::format("\"{}\" is no {} of \"{}\"{}", printable(word), flag ? "flag" : "command or argument",
                       command.get_name(), did_you_mean(word.substr(0, word.find('=')), names));
  }
  if (nothing_given) text = "which command?";
  const auto before = words_before(command);
  return report(wrong_usage(fmt::format("{}. \"{}{}{} --help\" says what there is", text, before,
                                        before.empty() ? "" : " ", command.get_name())),
                session);
}

}  // namespace

CLI::App* CommandLine::add(CLI::App& parent, const std::string& name, const std::string& help,
                           const std::string& examples, std::function<Exit()> action) {
  auto* command = parent.add_subcommand(name, help);
  std::string footer = "Examples:\n";
  for (const auto& example : CLI::detail::split(examples, '\n')) footer += "  " + example + "\n";
  command->footer(footer + "Every command also takes --url, --token, --ca, --data DIR and -o json.");
  command->callback([this, action = std::move(action)] { chosen = action; });
  return command;
}

Exit run_command(const std::vector<std::string>& arguments, Console console,
                 std::map<std::string, std::string> environment, Commands local) {
  Session session(std::move(console), std::move(environment));
  CommandLine line{session, local, {}, false, {}};
  CLI::App app("ComputeHub: one control plane for GPU compute.", "computehub");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kFooter);
  app.set_version_flag("--version", "computehub " HUB_VERSION);
  add_common_options(app, session);
  add_serve_commands(app, line);
  add_deploy_command(app, line);
  add_deployment_commands(app, line);
  add_stream_commands(app, line);
  add_model_commands(app, line);
  add_task_commands(app, line);
  add_dead_letter_commands(app, line);
  add_folder_commands(app, line);
  add_kafka_commands(app, line);
  add_agent_command(app, line);
  line.add(app, "completion", "a script that completes commands in bash", "source <(computehub completion)", [&] {
    session.console.out(bash_completion(app));
    return Exit::done;
  });

  // What stands behind "--" is the user's command line; the parser has no business in it.
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes != arguments.end()) line.behind_dashes.assign(dashes + 1, arguments.end());
  std::vector<std::string> reversed(arguments.begin(), dashes);
  std::reverse(reversed.begin(), reversed.end());
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    const auto& command = named_command(app);
    session.console.out(command.help(words_before(command)));
    return Exit::done;
  } catch (const CLI::CallForVersion& version) {
    session.console.line(version.what());
    return Exit::done;
  } catch (const CLI::ParseError& error) {
    return wrong_arguments(app, error, arguments.empty(), session);
  }
  const bool takes_command = named_command(app).get_name() == "deploy";
  if (dashes != arguments.end() && !takes_command)
    return report(wrong_usage("only \"computehub deploy\" takes a command behind \"--\""), session);
  line.data_is_given = app.count("--data") > 0;
  const auto data = session.environment.find("COMPUTEHUB_DATA");
  if (!line.data_is_given && data != session.environment.end()) session.flags.data = data->second;
  return line.chosen();
}

int run_cli(int argc, char** argv, Commands local) {
  // A reader that has gone is seen by the write that fails; the command then ends quietly.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  return static_cast<int>(run_command(arguments, system_console(), process_environment(), std::move(local)));
}

}  // namespace hub::cli
