export const frame = {
  nav: {
    label: "Main", open: "Open navigation", close: "Close navigation", operate: "Operate",
    overview: "Overview", deployments: "Deployments", tasks: "Tasks", models: "Models", statistics: "Statistics",
    system: "System", audit: "Audit", apiKeys: "API keys", docs: "API reference",
  },
  session: { menu: "Account", signOut: "Sign out", dev: "dev", devHint: "This server is for development: anybody on this machine may sign in." },
  signIn: {
    title: "Sign in to ComputeHub", hint: "Paste an API key. It is traded for a session and not kept.",
    ended: "The session has ended. Sign in to go on where you were.", token: "Token", enter: "Sign in",
    invalid: "This token is not valid, or no longer.", dev: "Sign in as developer",
  },
  live: {
    live: "Live", resuming: "Resuming…", stale: "Not connected",
    resumingNotice: "The connection was cut. It goes on where it was as soon as the server answers.", tryNow: "Try now",
    staleNotice: "No connection. What is shown is what was known last; it goes on by itself when the server answers.",
  },
  look: { light: "Light colours", dark: "Dark colours" },
  toast: { label: "Messages", dismiss: "Dismiss" },
  source: {
    of: "Source: {{source}}", stale: "Source: {{source}}, may be out of date",
    age: "{{source}}: last news {{ago}} ({{at}})", never: "{{source}}: nothing has come yet",
  },
  table: {
    selectAll: "Select all", select: "Select {{name}}", chosen_one: "{{count}} selected", chosen_other: "{{count}} selected",
    chosenActions: "Actions", chooseNone: "Select none", shown: "{{shown}} of {{total}}",
  },
  filter: { anyStatus: "Any status", anyType: "Any type", clear: "Clear filters" },
  failed: { title: "This could not be read" },
  notFound: { title: "There is nothing here", hint: "The address may be mistyped.", home: "Go to the overview" },
  unreachable: { title: "The server does not answer", again: "Try again" },
  loading: "Loading", close: "Close", cancel: "Cancel", save: "Save", edit: "Edit", delete: "Delete", copy: "Copy", copied: "Copied", refresh: "Refresh",
};
