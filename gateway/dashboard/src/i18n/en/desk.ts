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
      title: "Search and commands", button: "Search", hint: "Find a page, a deployment, a task, an action", none: "Nothing was found", failed: "The server could not be searched.", language: "Language",
      group: { page: "On this page", deployments: "Deployments", tasks: "Tasks", models: "Models", views: "Saved views", places: "Go to", always: "Always" },
    },
    act: { chosen_one: "{{action}} {{count}} selected deployment", chosen_other: "{{action}} {{count}} selected deployments", one: "{{action}} {{name}}" },
    offline: { signOutFailed: "The server did not hear the sign-out. What this browser kept is removed." },
    undo: {
      undo: "Undo", startAgain: "Start again", newRun: "Starting again is a new run: what was in memory is gone.", sendAgain: "Send again", anew: "Sent again, it begins anew.",
      doing: "Putting it back…", done: "It is as it was", failed: "It could not be put back",
    },
  },
};
