export const terminal = {
  terminal: {
    title: "Terminal", open: "Open terminal", close: "End shell", input: "Terminal input; Shift+Escape leaves it", way: "Shift+Esc leaves",
    none: "No shell is open", hint: "A shell in the workspace, with the variables and limits of the command. It ends with the run; opening and end stand in the history.",
    notRunning: "It does not run", notRunningHint: "A shell is one of the processes of a run. Start the deployment first.",
    phase: { opening: "Opening…", open: "Connected", resuming: "Connection lost; coming back to the shell…" },
    end: {
      terminal_exited: "The shell has ended ({{code}})", terminal_closed: "Ended", terminal_gone: "The shell from before has ended", terminal_left: "The shell has ended: nobody came back to it",
      terminal_taken: "The shell is open in another window now", terminal_run_ended: "The run has ended, and the shell with it", auth_revoked: "The right to this shell has gone",
      server_stopping: "The server has been stopped, and the shell with it", terminal_elsewhere: "It runs on another machine; open its terminal there",
      terminal_too_many: "As many shells as may be are open",
    },
  },
};
