import { expect, test } from "vitest";
import { costAt, isCharged, type Charged } from "./cost";

const row: Charged = { cost_usd_micro: 75_001, price_usd_micro_per_hour: 7_654_321, billing: { since: "2026-03-01T12:00:00.000001Z", cost_usd_micro: 75_001, remainder: 3_599_999_999 } };
const start = Date.parse("2026-03-01T12:00:00Z");

test("The cost goes on from where it stood, to the last micro-USD", () => {
  // (7,654,321 × 10^6 × 86,399.999999 + 3,599,999,999) / 3.6 × 10^9, by hand with whole numbers.
  expect(costAt(row, start + 86_400_000)).toBe(75_001 + Number((7_654_321n * 86_399_999_999n + 3_599_999_999n) / 3_600_000_000n));
  expect(costAt(row, start + 1)).toBe(75_001 + Number((7_654_321n * 999n + 3_599_999_999n) / 3_600_000_000n));
});

test("A year of a dear machine is not rounded on the way", () => {
  const dear: Charged = { cost_usd_micro: 0, price_usd_micro_per_hour: 98_765_432_109, billing: { since: "2026-03-01T12:00:00.000000Z", cost_usd_micro: 0, remainder: 0 } };
  expect(costAt(dear, start + 365 * 86_400_000)).toBe(98_765_432_109 * 8_760);
});

test("What does not run, or costs nothing, stands still", () => {
  const stopped: Charged = { ...row, billing: { ...row.billing, since: null } };
  const free: Charged = { ...row, price_usd_micro_per_hour: 0 };
  for (const one of [stopped, free]) {
    expect(costAt(one, start + 86_400_000)).toBe(75_001);
    expect(isCharged(one)).toBe(false);
  }
  expect(isCharged(row)).toBe(true);
});

test("A clock that is behind the server's takes nothing back", () => {
  const told: Charged = { ...row, cost_usd_micro: 80_000 };
  expect(costAt(told, start - 60_000)).toBe(80_000);
  expect(costAt(told, start + 1)).toBe(80_000);
});
