/** How well `text` answers what was typed: smaller is better, undefined when it does not. Every word must be in it. */
export function rankOf(text: string, typed: string): number | undefined {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const said = text.toLowerCase();
  let rank = 0;
  for (const word of words) {
    const at = said.indexOf(word);
    if (at < 0) return undefined;
    const before = said.charAt(at - 1);
    rank += at === 0 ? 0 : /[\s_\-./:]/.test(before) ? 1 : 2;
  }
  return rank;
}

/** Those that answer what was typed, the best first; of equal ones, as they stood. */
export function best<T>(all: readonly T[], textOf: (one: T) => string, typed: string): T[] {
  return all
    .map((one) => ({ one, rank: rankOf(textOf(one), typed) }))
    .filter((found): found is { one: T; rank: number } => found.rank !== undefined)
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}
