import { expect, test } from "vitest";
import { addMetrics, beginMetrics, csvOf, followMetrics, hasHole, rateOf, shownSamples, withGaps, type Samples } from "./samples";

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

const at = (seconds: number) => new Date(seconds * 1000).toISOString();
const kHour = 3_600;
const every = (from: number, to: number, step: number): Samples => {
  const times = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  return { times, values: { cpu_percent: times.map(() => 1) }, gpu: undefined };
};
const longestGap = ({ times }: Samples) => times.reduce((longest, time, index) => Math.max(longest, time - (times[index - 1] ?? time)), 0);

test("Left open for hours, the charts of a day keep their early part, and nothing is missing between read and followed", () => {
  const begin = 1_000_000;
  let past = every(begin - 24 * kHour, begin, 124);
  let live: Samples | undefined;
  let reads = 0;
  let gap = 0;
  for (let now = begin + 10; now < begin + 3 * kHour; now += 10) {
    live = followMetrics(live, cpu([[at(now), 2]]) as never);
    if (hasHole(past, live)) {
      reads += 1;
      past = every(now - 24 * kHour, now, 124);
    }
    if (now % 300 === 0) gap = Math.max(gap, longestGap(shownSamples(past, live, now - 24 * kHour) ?? every(0, 0, 1)));
  }
  const shown = shownSamples(past, live, begin - 21 * kHour);
  expect(shown?.times[0]).toBeLessThan(begin - 21 * kHour + 124);
  expect(gap).toBeLessThanOrEqual(124);
  expect(reads).toBeGreaterThan(0);
  expect(reads).toBeLessThan(6);
  expect(live?.times.length).toBeLessThanOrEqual(kHour / 10 + 1);
});

test("What a stream does not tell when it begins anew is known to be missing, until it is read", () => {
  const before = followMetrics(undefined, cpu([[at(100), 1], [at(102), 1]]) as never);
  const anew = beginMetrics(before, cpu([[at(2_000), 1]]) as never);
  expect(hasHole(every(0, 102, 2), anew)).toBe(true);
  expect(hasHole(every(0, 2_000, 2), anew)).toBe(false);
  expect(hasHole(every(0, 102, 2), beginMetrics(before, cpu([[at(102), 1], [at(104), 1]]) as never))).toBe(false);
});

test("What is followed adds to what was read, and what was before the range is not shown", () => {
  const shown = shownSamples(every(0, 10, 2), { times: [9, 11, 12], values: { cpu_percent: [5, 6, 7] }, gpu: undefined }, 5);
  expect([shown?.times, shown?.values.cpu_percent]).toEqual([[6, 8, 10, 11, 12], [1, 1, 1, 6, 7]]);
});
