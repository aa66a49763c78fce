#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "adapters/providers/local/files.hpp"
#include "adapters/providers/local/run_files.hpp"

namespace hub::providers::local {

/// A command that was forked and waits for leave to execute.
struct PendingCommand {
  std::int32_t pid = -1;  ///< leader of its own session and process group; -1: fork failed (errno)
  Fd go;                  ///< one byte lets it go on; closing it instead ends it
  Fd failure;             ///< holds a StartFailure when it could not execute, else closes empty
  Fd output;
  Fd errors;
};

/// Why a command could not be executed.
struct StartFailure {
  enum class Step : std::int32_t { workspace, cgroup, limit, execute };
  Step step = Step::execute;
  std::int32_t error = 0;  ///< errno
};

/// Forks the command of `job` with its workspace below the working directory. It waits before it executes, so that
/// its process id can be on disk first.
PendingCommand fork_command(const Job& job);
/// Lets it go. True when it executes.
bool release_command(PendingCommand& command, StartFailure& failure);

/// Runs the command of `job` in a session of its own whose terminal is `terminal`, with its workspace below the working
/// directory. Its process; -1 when it could not be executed.
std::int32_t start_shell(const Job& job, const Fd& terminal, StartFailure& failure);
/// The variables that a process was started with ("NAME=value"), those of `own` in place of its own.
std::vector<std::string> with_environment_of(std::int32_t pid, std::vector<std::string> own);

}  // namespace hub::providers::local
