export const systemInfo = {
  info: {
    versions: "Versions", configuration: "Configuration in force", started: "Started", up: "up", node: "Node", log: "Log", logIs: "{{kind}}, format {{format}}, {{partitions}} partitions",
    compiler: "Compiler", modified: "with changes that were not committed", option: "Option", value: "Value", from: "From", default: "default", search: "Search options", setOnly: "Only what is set",
  },
  nodes: { title: "Nodes", name: "Node", since: "Since", partitions: "Partitions", self: "this one" },
  letters: {
    title: "Dead letters", one: "Dead letter", none: "None. Inputs that could not be decided would lie here.", reason: "Reason", entity: "Entity", type: "Command", size: "Size", at: "When", driven: "Driven again",
    actions: "Actions", never: "never", show: "Show", drive: "Re-drive", remove: "Remove", source: "Came as", place: "Lay at", actor: "By", project: "Project",
    sources: { command: "Command", message: "Message", timer: "Timer", effect: "Effect", foreign: "Foreign record" },
    content: "Bytes", download: "Download", empty: "It has no bytes.", beginning: "The first {{size}} are shown; the download has all.", foreignHint: "A record that is not ours: there is nobody who could decide it.",
    driving: "Driving it again…", drivenDone: "It was driven again, and accepted", driveFailed: "It was not accepted",
    removeAsk: "Remove this dead letter?", removeHint: "Its bytes are gone then. This cannot be undone.", removing: "Removing…", removed: "It is removed", removeFailed: "It could not be removed",
  },
};
