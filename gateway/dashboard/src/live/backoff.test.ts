import { expect, test } from "vitest";
import { backoffMs } from "./backoff";

test("Waits longer each time, and never longer than 9.6 seconds", () => {
  const middle = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => backoffMs(attempt, () => 0.5));
  expect(middle).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000]);
  expect(backoffMs(100, () => 1)).toBe(9_600);
});

test("Pages that were cut off together do not come back together", () => {
  expect(backoffMs(3, () => 0)).toBe(1600);
  expect(backoffMs(3, () => 1)).toBe(2400);
});
