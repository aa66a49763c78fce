export const logs = {
  logView: {
    lost: "lost: it is kept no more", earlier_one: "{{n}} earlier line", earlier_other: "{{n}} earlier lines", later_one: "{{n}} later line", later_other: "{{n}} later lines",
    newer_one: "Search {{n}} newer line", newer_other: "Search {{n}} newer lines", jumpFailed: "The time could not be looked up", retrying: "Where the log begins could not be read yet",
  },
  chartView: {
    hint: "Drag to zoom. Shift and drag, or two fingers, to move. Ctrl and wheel to zoom. Double click to go back. Keys: arrows, + and −, Escape.",
    chart: "{{title}}: chart",
  },
};
