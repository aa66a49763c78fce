import { expect, test } from "vitest";
import { prepended } from "./first_index";

const rows = (...ids: string[]) => ids.map((id) => ({ id }));

test("Rows that have come on top are counted, also when the first of before have gone", () => {
  expect(prepended(rows("b", "c"), rows("a", "b", "c"))).toBe(1);
  expect(prepended(rows("b", "c"), rows("x", "y", "c"))).toBe(1);
  expect(prepended(rows("b", "c"), rows("b", "c", "d"))).toBe(0);
  expect(prepended(rows("b", "c"), rows("c"))).toBe(0);
});

test("Of other rows altogether, none has come on top", () => {
  expect(prepended(rows("a"), rows("x", "y"))).toBe(0);
  expect(prepended([], rows("x"))).toBe(0);
});
