#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "adapters/providers/local/files.hpp"
#include "events/core/result.hpp"

namespace hub::providers::local {

/// Of a terminal, in characters.
struct TerminalSize {
  std::uint16_t cols = 80;
  std::uint16_t rows = 24;
};

/// A shell that runs in a deployment's run, as one of its processes: it ends with the run.
struct Shell {
  Fd terminal;    ///< what is typed and what is shown; does not block
  Fd supervisor;  ///< says "shell_ended"; its closing hangs the shell up
  std::int32_t pid = 0;
  std::int32_t run = 0;
};

/// Has the supervisor of the run in `folder` start `command` on a new terminal. Blocks for 5 s at most.
/// Fails: conflict `terminal.not_running` when no supervisor runs there; unavailable `terminal.unavailable` when it
/// does not answer, or the command cannot be executed.
Result<Shell> open_shell(const std::string& folder, std::int32_t run, const std::vector<std::string>& command,
                         TerminalSize size);
/// The processes of the terminal's foreground are told by SIGWINCH.
void resize(const Fd& terminal, TerminalSize size);

}  // namespace hub::providers::local
