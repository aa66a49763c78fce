export const freshness = {
  freshness: {
    old: "Out of date",
    logAge: "The server has heard nothing of its log for {{seconds}} s. What is shown may have been overtaken.",
  },
};
