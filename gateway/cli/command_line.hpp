#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "gateway/cli/cli.hpp"
#include "gateway/cli/session.hpp"

namespace hub::cli {

/// Collects what the parser found; exactly one command is chosen and then run.
struct CommandLine {
  Session& session;
  const Commands& local;
  std::vector<std::string> behind_dashes;  ///< what stood behind the first "--"
  bool data_is_given = false;              ///< --data was
  std::function<Exit()> chosen;

  /// A command that runs `action` when it is named. `examples` are lines of its help.
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& help, const std::string& examples,
                std::function<Exit()> action);
};

/// Runs a hook and prints its failure.
template <class Hook, class... Arguments>
Exit run_hook(Session& session, const Hook& hook, Arguments&&... arguments) {
  if (!hook) return report(internal_failure("cli.not_here", "this program was built without that command"), session);
  const auto done = hook(std::forward<Arguments>(arguments)...);
  return done ? done.value() : report(done.error(), session);
}

// Each adds its commands to the program.
void add_serve_commands(CLI::App& app, CommandLine& line);        // serve, config, doctor
void add_deploy_command(CLI::App& app, CommandLine& line);        // deploy
void add_deployment_commands(CLI::App& app, CommandLine& line);   // ps, show, stop, start, restart, rm
void add_stream_commands(CLI::App& app, CommandLine& line);       // logs, events
void add_folder_commands(CLI::App& app, CommandLine& line);       // audit, replay, projections, backup, restore, keys
void add_dead_letter_commands(CLI::App& app, CommandLine& line);  // dead-letters list, show, redrive, remove
void add_agent_command(CLI::App& app, CommandLine& line);         // agent, hosts
void add_kafka_commands(CLI::App& app, CommandLine& line);        // kafka init, describe; migrate
void add_model_commands(CLI::App& app, CommandLine& line);        // model add, ls, set, rm
void add_task_commands(CLI::App& app, CommandLine& line);         // task submit, ls, show, cancel, retry, wait

// The parts of `task`.
void add_task_submit(CLI::App& group, CommandLine& line);
void add_task_changes(CLI::App& group, CommandLine& line);  // cancel, retry

/// A script for bash that completes commands and flags of `app`.
std::string bash_completion(const CLI::App& app);

}  // namespace hub::cli
