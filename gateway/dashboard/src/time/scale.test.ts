import { expect, test } from "vitest";
import { isInside, spans, windowAround } from "./scale";

const hour = spans["1h"];
const [begin, now] = [0, 100 * hour];

test("A slider spans all time, or a part of it around the moment", () => {
  expect(windowAround("all", 50 * hour, begin, now)).toEqual([begin, now]);
  expect(windowAround("1h", 50 * hour, begin, now)).toEqual([49.5 * hour, 50.5 * hour]);
  expect(windowAround("7d", 50 * hour, begin, now)).toEqual([begin, now]);
});

test("At the ends of all time it goes no further", () => {
  expect(windowAround("1h", 0, begin, now)).toEqual([0, hour]);
  expect(windowAround("1h", now, begin, now)).toEqual([99 * hour, 100 * hour]);
});

test("It stays where it is until the moment comes to its end", () => {
  const shown = windowAround("1h", 50 * hour, begin, now);
  expect(isInside(50.4 * hour, shown, begin, now)).toBe(true);
  expect(isInside(50.5 * hour, shown, begin, now)).toBe(false);
  expect(isInside(51 * hour, shown, begin, now)).toBe(false);
  expect(isInside(0, windowAround("1h", 0, begin, now), begin, now)).toBe(true);
  expect(isInside(now, windowAround("1h", now, begin, now), begin, now)).toBe(true);
});
