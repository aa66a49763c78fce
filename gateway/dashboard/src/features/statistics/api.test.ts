import { expect, test } from "vitest";
import { sumOf, type ProjectFigures } from "./api";

const project = (name: string, completed: number, failed: number): ProjectFigures => ({
  project: name,
  tasks: { pending: 1, running: 2, completed, failed, cancelled: 0 },
  models: [],
  last_24h: { completed, failed, success_rate: 1, tokens: 10, cost_usd_micro: 5, wait_ms: { p50: 1, p95: 2, p99: 3 }, run_ms: { p50: 4, p95: 5, p99: 6 } },
});

test("Counts of projects are added, and the share of success is that of all", () => {
  const sum = sumOf(new Map([["a", project("a", 9, 1)], ["b", project("b", 0, 10)]]));
  expect(sum.tasks).toEqual({ pending: 2, running: 4, completed: 9, failed: 11, cancelled: 0 });
  expect(sum.last.success_rate).toBe(0.45);
});

test("Quantiles are shown of one project, and never added", () => {
  expect(sumOf(new Map([["a", project("a", 9, 1)], ["b", project("b", 0, 0)]])).last.run_ms.p95).toBe(5);
  expect(sumOf(new Map([["a", project("a", 9, 1)], ["b", project("b", 1, 1)]])).last.run_ms.p95).toBeNull();
});
