import { expect, test } from "vitest";
import { addMetrics, csvOf, rateOf, withGaps } from "./samples";

const second = (n: number) => `2026-01-01T00:00:0${n}.000000Z`;
const cpu = (points: [string, number | null][]) => ({ series: [{ name: "cpu_percent" as const, unit: "percent" as const, points }] });

test("A point that comes twice is there once, and one that comes late lies at its time", () => {
  const first = addMetrics(undefined, cpu([[second(1), 10], [second(3), 30]]) as never);
  const both = addMetrics(first, cpu([[second(2), 20], [second(3), 30]]) as never);
  expect(both.values.cpu_percent).toEqual([10, 20, 30]);
});

test("A gap is no line", () => {
  expect(withGaps([1, 2, 10], [[5, 6, 7]], 3)).toEqual([[1, 2, 3.5, 10], [5, 6, null, 7]]);
});

test("A counter is drawn as what was added a second, and a restart of it as a gap", () => {
  expect(rateOf([1, 2, 4, 5], [100, 300, 500, 40])).toEqual([null, 200, 100, null]);
});

test("The export has a line for each time", () => {
  const samples = addMetrics(undefined, cpu([[second(1), 10], [second(2), null]]) as never);
  expect(csvOf(samples)).toBe("time,cpu_percent\r\n2026-01-01T00:00:01.000Z,10\r\n2026-01-01T00:00:02.000Z,\r\n");
});
