import { expect, test } from "vitest";
import { freshnessOf } from "./use_query_freshness";

test("What was asked for is stale when it could not be asked again, or nothing is heard", () => {
  expect(freshnessOf({ dataUpdatedAt: 5, isError: false }, "live")).toEqual({ asOf: 5, isStale: false });
  expect(freshnessOf({ dataUpdatedAt: 5, isError: false }, "resuming").isStale).toBe(false);
  expect(freshnessOf({ dataUpdatedAt: 5, isError: true }, "live").isStale).toBe(true);
  expect(freshnessOf({ dataUpdatedAt: 5, isError: false }, "stale").isStale).toBe(true);
  expect(freshnessOf({ dataUpdatedAt: 0, isError: false }, "live").asOf).toBeUndefined();
});
