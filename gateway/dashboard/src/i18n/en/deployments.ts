export const deployments = {
  deployments: {
    title: "Deployments", one: "Deployment", new: "New deployment", name: "Name", statusTitle: "Status", place: "Host", cost: "Cost",
    perHour: "{{price}}/h", restarts: "Restarts", created: "Created", started: "Started", search: "Search name, id, labels",
    none: "No deployments yet", noneHint: "A deployment is a process or machine that runs for you. Start one and watch it here.",
    noneFound: "Nothing fits these filters", noneFoundHint: "Loosen the filter to see more.", toList: "All deployments",
    waitsFor: "Waits for {{host}}, of which nothing is heard",
    status: {
      creating: "Starting (creating)", starting: "Starting", running: "Live", stopping: "Stopping", stopped: "Stopped", failed: "Error",
      unreachable: "Unreachable", deleting: "Deleting", deleted: "Deleted",
    },
    action: { start: "Start", stop: "Stop", restart: "Restart", delete: "Delete" },
    tab: { logs: "Logs", metrics: "Metrics", history: "History", config: "Configuration", connect: "Connect" },
  },
  batch: {
    ask: {
      start_one: "Start {{count}} deployment?", start_other: "Start {{count}} deployments?",
      stop_one: "Stop {{count}} deployment?", stop_other: "Stop {{count}} deployments?",
      restart_one: "Restart {{count}} deployment?", restart_other: "Restart {{count}} deployments?",
      delete_one: "Delete {{count}} deployment?", delete_other: "Delete {{count}} deployments?",
    },
    deleteWarning: "What runs is ended, and its workspace with all files is removed. This cannot be undone.",
    outcomes: "Deployments", ok: "Done", failed: "Refused",
    allDone_one: "{{action}}: {{count}} accepted", allDone_other: "{{action}}: all {{count}} accepted",
    someFailed: "{{action}}: {{failed}} of {{count}} refused",
  },
  act: {
    doing: { start: "Starting {{name}}…", stop: "Stopping {{name}}…", restart: "Restarting {{name}}…", delete: "Deleting {{name}}…" },
    done: { start: "{{name}} starts", stop: "{{name}} stops", restart: "{{name}} restarts", delete: "{{name}} is being deleted" },
    failed: { start: "{{name}} could not be started", stop: "{{name}} could not be stopped", restart: "{{name}} could not be restarted", delete: "{{name}} could not be deleted" },
  },
  logs: {
    title: "Log", hits: "Log lines found", search: "Search the log", stream: "Stream", bothStreams: "Both streams", jump: "Jump to time",
    times: "Times", wrap: "Wrap", download: "Download", downloading: "Reading the log…", downloaded: "The log is saved",
    downloadFailed: "The log could not be read", none: "Nothing has been written yet", noneHint: "Lines appear here the moment they are written.",
    lines_one: "{{n}} line", lines_other: "{{n}} lines", following: "following", paused: "paused", follow: "Follow",
    followNew_one: "Follow ({{n}} new line)", followNew_other: "Follow ({{n}} new lines)",
    noHits: "No line was found", noHitsHint_one: "{{count}} line was searched.", noHitsHint_other: "{{count}} lines were searched.", moreHits: "Find more",
  },
  metrics: {
    range: "Range", live: "Back to live", none: "No samples yet", noneHint: "They come every few seconds while it runs.",
    cpu: "CPU", memory: "Memory", gpu: "GPU", gpuMemory: "GPU memory", temperature: "GPU temperature", power: "GPU power", network: "Network", disk: "Disk",
    line: {
      cpu_percent: "CPU", memory_bytes: "Memory", network_rx_bytes: "received", network_tx_bytes: "sent", disk_read_bytes: "read",
      disk_write_bytes: "written", gpu_percent: "GPU", gpu_memory_bytes: "GPU memory", gpu_temperature_celsius: "Temperature", gpu_power_watts: "Power",
    },
  },
  connect: { none: "Nothing to connect to", noneHint: "It has neither open ports nor SSH.", command: "Command", ports: "Ports" },
  config: {
    runs: "What runs", about: "About it", env: "Environment", noEnv: "No variables", sealed: "sealed: never shown again", secret: "secret {{name}}",
    command: "Command", image: "Image", ports: "Ports", files: "Files", gpu: "GPU", limits: "Limits", restart: "Restarts", grace: "Stop grace",
    price: "Price", project: "Project", owner: "Made by", labels: "Labels", created: "Created", updated: "Changed", version: "Version (position)",
    processes_one: "{{count}} process", processes_other: "{{count}} processes",
  },
  create: {
    title: "New deployment", what: "What", where: "Where", how: "How", name: "Name", command: "Command", commandHint: "Split as a shell would; nothing is expanded.",
    env: "Environment", envHint: "One NAME=value a line. @NAME reads a secret at each start.", provider: "Provider", host: "Host", anyHost: "Any", image: "Image",
    gpuModel: "GPU model", gpuCount: "GPUs", cpus: "CPU limit", memory: "Memory limit", restart: "Restart", labels: "Labels", ports: "Ports",
    stopGrace: "Stop grace", price: "Price per hour", plan: "Plan", planHint: "Show the plan to see where it would run and what it costs. Nothing is started yet.",
    perHour: "Per hour", perDay: "Per day", showPlan: "Show plan", confirm: "Confirm and start", yaml: "Save as YAML", made: "{{name}} is being created",
    fault: { needed: "This is needed", small: "This is too small", large: "This is too large", long: "This is too long", shape: "This is not understood" },
    restarts: { never: "Never", "on-failure": "On failure", always: "Always" },
  },
};
