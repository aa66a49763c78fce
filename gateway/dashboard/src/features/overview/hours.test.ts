import { expect, test } from "vitest";
import { hoursBefore } from "./hours";

const hours = [0, 1, 2, 3].map((n) => ({ hour: `2026-03-01T0${n}:00:00.000000Z` }));
const micros = (time: string) => Date.parse(time) * 1000;

test("Only hours that had ended are of then, the last ones of them", () => {
  expect(hoursBefore(hours, micros("2026-03-01T02:59:59Z"))).toEqual(hours.slice(0, 2));
  expect(hoursBefore(hours, micros("2026-03-01T03:00:00Z"))).toEqual(hours.slice(0, 3));
  expect(hoursBefore(hours, micros("2026-03-01T09:00:00Z"), 2)).toEqual(hours.slice(2));
  expect(hoursBefore(hours, micros("2026-03-01T00:10:00Z"))).toEqual([]);
});
