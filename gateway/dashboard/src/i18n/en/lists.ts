export const lists = {
  lists: {
    noAnswer: "The server does not answer", pending: "The server has taken it and is not done with it. Ask again to see what became of it; it is done once.",
    allTasks: "All tasks, at least {{n}}: no filter is set", foundTasks: "All tasks that fit the filter, at least {{n}}",
    brokeOff: {
      cancel_one: "{{count}} task was cancelled and {{refused}} refused; then it broke off", cancel_other: "{{count}} tasks were cancelled and {{refused}} refused; then it broke off",
      retry_one: "{{count}} task was sent again and {{refused}} refused; then it broke off", retry_other: "{{count}} tasks were sent again and {{refused}} refused; then it broke off",
    },
    replace_one: "Replace {{count}} file?", replace_other: "Replace {{count}} files?", replaceConfirm: "Replace",
    replaceHint: "There are already files of these names here. What is in them is lost.",
    fileTooLarge: "It has {{size}}; a file may have {{most}} at most.", notUploaded: "{{name}} is not uploaded", uploading: "Uploading {{name}}",
    label: "Label", owner: "Made by", provider: "Provider", remove: "Remove the filter {{name}}: {{value}}", filters: "Filters", anyProvider: "Any provider", anyModel: "Any model",
    eventGone: "This event is not among the newest", cutHistory: "Only the first {{n}} events are read",
  },
  broken: {
    title: "This part of the page could not be loaded", hint: "The server was away, or has a newer version of the page.", reload: "Reload the page",
  },
};
