import { expect, test } from "vitest";
import { fieldOf, fineMoment, fromField, isSettled, microsOf, momentOf, timeMomentOf, timeOf } from "./moment";

const noon = Date.parse("2026-03-01T12:00:00Z");

test("A time is read to the microsecond, of any zone, and written as it was", () => {
  expect(microsOf("2026-03-01T12:00:00.000001Z")).toBe(noon * 1000 + 1);
  expect(microsOf("2026-03-01T20:00:00.5+08:00")).toBe(noon * 1000 + 500_000);
  expect(microsOf("2026-03-01")).toBeUndefined();
  expect(microsOf("2026-03-01T12:00:00")).toBeUndefined();
  for (const time of ["2026-03-01T12:00:00.000001Z", "2026-03-01T12:00:00.250Z"]) expect(timeOf(microsOf(time) ?? 0)).toBe(time);
});

test("An address tells a moment of the past, or the page is of now", () => {
  const at = "2026-03-01T11:00:00Z";
  expect(momentOf({ at }, noon)).toEqual({ at });
  expect(momentOf({ at, than: "3:17" }, noon)).toEqual({ at, than: "3:17" });
  expect(momentOf({ at: "yesterday" }, noon)).toEqual({});
  expect(momentOf({ at: 2026 }, noon)).toEqual({});
  expect(momentOf({ at: "2026-03-01T12:05:00Z" }, noon)).toEqual({});
  expect(momentOf({ than: at }, noon)).toEqual({});
});

test("A page of many entities knows no positions", () => {
  expect(timeMomentOf({ at: "3:17" }, noon)).toEqual({});
  expect(timeMomentOf({ at: "2026-03-01T11:00:00Z", than: "3:17" }, noon)).toEqual({ at: "2026-03-01T11:00:00Z" });
});

test("Only what is old enough, or right behind an event, stays as it is", () => {
  expect(isSettled("2026-03-01T11:59:00Z", noon)).toBe(true);
  expect(isSettled("2026-03-01T11:59:59Z", noon)).toBe(false);
  expect(isSettled("0:1", noon)).toBe(true);
});

test("A field holds the moment in the reader's own time, and gives it back", () => {
  const micros = noon * 1000 + 7_654;
  expect(fromField(fieldOf(micros))).toBe("2026-03-01T12:00:00.000Z");
  expect(fromField("")).toBeUndefined();
  expect(fineMoment(micros)).toMatch(/:00:00\.007$/);
});
