import { expect, test } from "vitest";
import { liveRange, metricSearchOf, moved, searchOf, stretched, upTo, zoomOf } from "./metric_search";

test("What is shown stands in the address and is read from it again", () => {
  const search = searchOf("6h", [1_767_225_600, 1_767_225_660.5]);
  expect(search).toEqual({ range: "6h", from: "2026-01-01T00:00:00.000Z", to: "2026-01-01T00:01:00.500Z" });
  expect(zoomOf(metricSearchOf({ ...search }))).toEqual([1_767_225_600, 1_767_225_660.5]);
  expect(searchOf("5m", undefined)).toEqual({});
});

test("What an address says wrong is left out", () => {
  expect(metricSearchOf({ range: "2h", from: "yesterday", to: "2026-01-01T00:00:00Z" })).toEqual({});
  expect(metricSearchOf({ from: "2026-01-01T00:01:00Z", to: "2026-01-01T00:00:00Z" })).toEqual({});
});

test("A range moves by a share of itself, and not beyond now", () => {
  expect(moved([100, 200], -0.5)).toEqual([50, 150]);
  expect(upTo(moved([100, 200], 0.5), 220)).toEqual([120, 220]);
});

test("A zoom keeps the time under the pointer where it is, and has bounds", () => {
  expect(stretched([100, 200], 0.5, 0.2)).toEqual([110, 160]);
  expect(stretched([100, 110], 0.01, 0.5)).toEqual([102.5, 107.5]);
  const [from, to] = stretched([0, 80_000], 10, 0.5);
  expect(to - from).toBe(86_400);
});

test("A sample that is newer than the browser's clock is shown, and counts for the scale", () => {
  expect(liveRange(300, 1_000, 1_000.8)).toEqual([700.8, 1_000.8]);
  expect(liveRange(300, 1_000, 900)).toEqual([700, 1_000]);
  expect(liveRange(300, 1_000, undefined)).toEqual([700, 1_000]);
});
