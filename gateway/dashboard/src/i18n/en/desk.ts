export const desk = {
  desk: {
    export: {
      title: "Export", hint: "All that the filter finds", csv: "CSV", jsonl: "JSON lines", doing: "Exporting {{what}}…", done: "{{name}} is saved",
      failed: "{{what}} could not be exported", cancelled: "The export was cancelled",
    },
    columns: { title: "Columns", reset: "As they were" },
    views: {
      title: "Saved views", none: "No saved views yet", save: "Save this view…", manage: "Manage views…", saveTitle: "Save a view: {{what}}", name: "Name of the view",
      hint: "Filters and columns are kept in this browser.", replaces: "Replaces the view of this name.", full: "There are as many as can be kept. Delete one first.",
      link: "Link to share", saved: "The view {{name}} is saved", rename: "Name of the view {{name}}", remove: "Delete the view {{name}}",
    },
    palette: {
      title: "Go to anything", hint: "Find a page, a deployment, a task, an action", none: "Nothing was found", failed: "The server could not be searched.", language: "Language",
      group: { page: "On this page", deployments: "Deployments", tasks: "Tasks", models: "Models", views: "Saved views", places: "Go to", always: "Always" },
    },
    act: { chosen_one: "{{action}} {{count}} selected deployment", chosen_other: "{{action}} {{count}} selected deployments", one: "{{action}} {{name}}" },
    offline: {
      signOutFailed: "The sign-out failed", notice: "The server does not answer. This is what was known at {{at}}; the page goes on by itself when it is back.",
      asOf: "Source: {{source}}, as of {{at}}",
    },
    undo: {
      undo: "Undo", startAgain: "Start again", newRun: "Starting again is a new run: what was in memory is gone.", sendAgain: "Send again", anew: "Sent again, it begins anew.",
      done: "It is as it was", failed: "It could not be put back", since: "It has been changed again since.",
    },
    edit: {
      title: "Edit {{name}}", done: "{{name}} is changed", conflict: "Somebody else has changed this meanwhile:", mine: "Keep mine", theirs: "Take theirs",
      since: "It has been changed again since: {{fields}}", limitsHint: "Limits hold from its next start on.",
      field: { name: "Name", labels: "Labels", limits: "Limits", restart_policy: "Restart", price_usd_micro_per_hour: "Price per hour" },
      input: { name: "Name", labels: "Labels", cpus: "CPU limit", memory: "Memory limit", processes: "Process limit", restart: "Restart", maxRestarts: "Restarts at most", price: "Price per hour" },
    },
    fallbacks: {
      label: "Fallback models", hint: "Called instead, in this order, while this one is not online, cools down or is tried again.", add: "Add a model", noMore: "No other models",
      full: "As many as may be", up: "{{name}} further up", down: "{{name}} further down", remove: "Remove {{name}}",
    },
    picture: { save: "Save as PNG: {{title}}", making: "Drawing…", saved: "{{title}} is saved as PNG", failed: "The picture could not be made" },
  },
};
