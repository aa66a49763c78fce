/** For a box that may be wider or longer than what is seen of it: who has no mouse scrolls it by keys, and hears what it is. */
export const scrolls = (label: string) => ({ tabIndex: 0, role: "group", "aria-label": label }) as const;
