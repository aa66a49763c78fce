export const said = {
  // What the server says in words of its own: the English ones are exactly its own, and the page knows them by that.
  said: {
    requested: "asked for; the provider prepares it", requestedIdle: "asked for without starting it",
    prepared: "prepared; its command is asked to run", startRequested: "its command is asked to run",
    startUnprepared: "asked to run; the provider prepares it", started: "its command runs", toRestart: "asked to restart", toStop: "asked to stop",
    reachable: "it answers again, and runs", toDelete: "asked to be deleted", deleted: "gone at the provider",
    stoppedBefore: "stopped before it ran", stoppedWaiting: "stopped while it waited to be restarted",
    stoppedExited: "stopped as asked: exited with code {{code}}", stoppedSignalled: "stopped as asked: ended by signal {{signal}} ({{name}})",
    exited: "exited with code {{code}}", signalled: "ended by signal {{signal}} ({{name}})",
    rebooted: "the machine was started anew while the command ran", supervisorLost: "the supervisor ended without a record of the command's exit",
    shellExited: "the shell has exited with code {{code}}", shellSignalled: "the shell was ended by signal {{signal}}", shellClosed: "closed by its user",
    shellLeft: "nobody has come back to the shell", shellEnded: "the shell has ended", runEnded: "the run of the deployment has ended",
    rightGone: "the right to this shell has gone", serverEnded: "the server that had it has ended", serverStopping: "the server is stopping",
    waits: "it waits for its turn", works: "its model works on it", resultThere: "its result is there", unwanted: "nobody wants it any longer",
    cancelledBy: "cancelled by {{who}}", requeued: "it was sent again, and waits behind those that were there",
    interrupted: "the node that made the call went away; it is made again", callLost: "the node that made the call ended, or lost the model, before the call did",
    noGpu: "no GPU here", noDeployment: "no such deployment", noDeploymentThere: "there is no such deployment", noTask: "no such task", noTaskThere: "there is no such task",
  },
  pending: {
    delayed: "waits until {{at}}", retry: "is tried again at {{at}}", model_offline: "its model is offline",
    cooling_down: "its model cools down until {{at}}", no_free_slot: "no slot is free: {{of}} are taken",
  },
  hostKinds: { node: "server", agent: "agent" },
  outcomes: { completed: "completed", failed: "failed", timed_out: "timed out", interrupted: "interrupted", aborted: "aborted" },
  mayNot: { make: "You may only look here", makeHint: "Making deployments needs the role Developer." },
  showSecret: "Show or hide what is typed",
};
