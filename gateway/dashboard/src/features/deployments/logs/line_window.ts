export const kLineHeight = 20;
/** Rows beyond the view, above and below, that are drawn as well, so that a key finds the next one. */
const kBeyond = 2;

/** The rows of a list that are drawn: those of the numbers `from` to `to` - 1. */
export interface LineWindow {
  from: number;
  to: number;
  /** The key of a row is its number less this. */
  base: number;
}

export const nothingShown: LineWindow = { from: 0, to: 0, base: 0 };

/**
 * What is in view of `count` rows of one height, each in px. Rows that stay keep their keys. A jump past everything that was
 * drawn gives the rows behind it the keys of those before it: they are filled anew, which costs a third of making them anew.
 */
export function windowAt(scrollTop: number, height: number, count: number, before: LineWindow): LineWindow {
  const drawn = Math.ceil(height / kLineHeight) + 1 + 2 * kBeyond;
  const from = Math.max(0, Math.min(Math.floor(scrollTop / kLineHeight) - kBeyond, count - drawn));
  const to = Math.min(count, from + drawn);
  const stays = from < before.to && before.from < to;
  const base = stays ? before.base : before.base + from - before.from;
  return from === before.from && to === before.to ? before : { from, to, base };
}

/** How far down a list of rows of one height is when it shows the row `index`. */
export function topOf(index: number, align: "center" | "end", height: number, count: number): number {
  const top = align === "end" ? (index + 1) * kLineHeight - height : (index + 0.5) * kLineHeight - height / 2;
  return Math.max(0, Math.min(top, count * kLineHeight - height));
}
