import { expect, test } from "vitest";
import { kLineHeight, nothingShown, topOf, windowAt } from "./line_window";

const kHeight = 30 * kLineHeight;
const at = (row: number, count = 1_000_000, before = nothingShown) => windowAt(row * kLineHeight, kHeight, count, before);
const keysOf = ({ from, to, base }: { from: number; to: number; base: number }) => Array.from({ length: to - from }, (_, i) => from + i - base);

test("Rows in view are drawn, and some before and behind them", () => {
  const shown = at(500);
  expect(shown.from).toBeLessThan(500);
  expect(shown.to).toBeGreaterThan(531);
  expect(shown.to - shown.from).toBeLessThan(40);
});

test("As many rows are drawn at the first line and at the last, and no more than there are", () => {
  const drawn = ({ from, to }: { from: number; to: number }) => to - from;
  expect(drawn(at(0))).toBe(drawn(at(500)));
  expect(drawn(at(999_970))).toBe(drawn(at(500)));
  expect(at(999_970).to).toBe(1_000_000);
  expect(at(0, 7)).toMatchObject({ from: 0, to: 7 });
  expect(at(400, 7)).toMatchObject({ from: 0, to: 7 });
});

test("A row that stays in view keeps its key", () => {
  const before = at(500);
  const after = at(505, undefined, before);
  expect(600 - after.base).toBe(600 - before.base);
  expect(after.from).toBe(before.from + 5);
});

test("A jump past all that was drawn takes the same keys in the same order", () => {
  const before = at(505, undefined, at(500));
  const after = at(700_000, undefined, before);
  expect(keysOf(after)).toEqual(keysOf(before));
  expect(keysOf(at(3, undefined, after))).toEqual(keysOf(before).map((_, index) => (keysOf(before)[0] ?? 0) + index));
});

test("What shows the same rows is the same window", () => {
  const before = at(500);
  expect(windowAt(500 * kLineHeight + 3, kHeight, 1_000_000, before)).toBe(before);
});

test("A row is gone to in the middle or at the end of the view, and never beyond the list", () => {
  expect(topOf(500, "end", kHeight, 1_000)).toBe(501 * kLineHeight - kHeight);
  expect(topOf(500, "center", kHeight, 1_000)).toBe(500.5 * kLineHeight - kHeight / 2);
  expect(topOf(2, "center", kHeight, 1_000)).toBe(0);
  expect(topOf(999, "center", kHeight, 1_000)).toBe(1_000 * kLineHeight - kHeight);
  expect(topOf(3, "end", kHeight, 4)).toBe(0);
});
