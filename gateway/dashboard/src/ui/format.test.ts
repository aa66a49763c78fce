import { expect, test } from "vitest";
import { ago, bytes, milliseconds, percent, shortId, span, usd } from "./format";

test("Sizes are powers of 1024", () => {
  expect([0, 1023, 1536, 26_000_000_000].map(bytes)).toEqual(["0 B", "1023 B", "1.5 KiB", "24.2 GiB"]);
});

test("A cost below a cent is not shown as none", () => {
  expect([0, 4, 1_230_000, 2_500_000_000].map(usd)).toEqual(["$0", "$0.000004", "$1.23", "$2,500.00"]);
});

test("Times say how long ago or how far off they are", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");
  expect(ago("2026-01-01T11:57:00Z", now)).toBe("3 min. ago");
  expect(ago("2026-01-01T12:00:30Z", now)).toBe("in 30 sec.");
  expect(ago("2025-12-30T12:00:00Z", now, "zh")).toBe("2天前");
});

test("Durations have their two greatest units", () => {
  expect([12, 200, 3_840, 180_000].map(span)).toEqual(["12s", "3m 20s", "1h 04m", "2d 02h"]);
});

test("What is not known is a dash", () => {
  expect([milliseconds(null), percent(null)]).toEqual(["–", "–"]);
  expect([milliseconds(0.34), milliseconds(4_210), percent(0.9995), percent(1)]).toEqual(["340 µs", "4.21 s", "99.95 %", "100 %"]);
});

test("An id is cut where the command line still takes it", () => {
  expect(shortId("dep_fe4m4rwnwaqq28990qyjdtkcsa7h")).toBe("dep_fe4m4rwn");
});
