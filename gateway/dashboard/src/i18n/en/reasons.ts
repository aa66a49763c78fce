// The sentences under `said` are the server's own: by them it is known which one was said.
export const reasons = {
  reasons: {
    said: {
      asked: "asked for; the provider prepares it",
      askedIdle: "asked for without starting it",
      prepared: "prepared; its command is asked to run",
      startAsked: "its command is asked to run",
      startAskedNew: "asked to run; the provider prepares it",
      runs: "its command runs",
      stopAsked: "asked to stop",
      restartAsked: "asked to restart",
      answers: "it answers again, and runs",
      taskWaits: "it waits for its turn",
      taskRuns: "its model works on it",
      taskDone: "its result is there",
      taskCancelled: "nobody wants it any longer",
      taskAgain: "it was sent again, and waits behind those that were there",
      taskInterrupted: "the node that made the call went away; it is made again",
    },
    exited: "exited with code {{code}}",
    signalled: "ended by signal {{signal}} ({{name}})",
    stopped: "stopped as asked: {{how}}",
    pending: {
      no_free_slot: "waits: {{used}} of {{slots}} slots in use",
      model_offline: "its model is not online",
      cooling_down: "its model cools down until {{time}}",
      delayed: "begins at {{time}}",
      retry: "is tried again at {{time}}",
    },
  },
};
