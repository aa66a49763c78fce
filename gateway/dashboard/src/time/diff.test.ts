import { expect, test } from "vitest";
import type { Deployment } from "@/api/client";
import { diffFields, diffRows } from "./diff";

const row = (id: string, more: object = {}) => ({ id, name: id, status: "running", cost_usd_micro: 0, labels: {}, version: 3, ...more }) as unknown as Deployment;

test("Fields are told by their paths, old and new; what only counts events is not", () => {
  const before = { status: "running", reason: { code: "started", event_id: "0:1" }, labels: { team: "a", gone: "x" }, command: ["sh"], version: 3, limits: null };
  const after = { status: "stopped", reason: { code: "stopped", event_id: "0:2" }, labels: { team: "a", fresh: "y" }, command: ["sh"], version: 4 };
  expect(diffFields(before, after)).toEqual([
    { field: "status", before: "running", after: "stopped" },
    { field: "reason.code", before: "started", after: "stopped" },
    { field: "labels.fresh", before: undefined, after: "y" },
    { field: "labels.gone", before: "x", after: undefined },
  ]);
});

test("A list is among those that were there: lists inside are compared as a whole", () => {
  expect(diffFields({ command: ["a", "b"] }, { command: ["a", "c"] })).toEqual([{ field: "command", before: ["a", "b"], after: ["a", "c"] }]);
});

test("Of a list it is told what appeared, vanished and changed, and last what only cost", () => {
  const before = [row("gone"), row("same"), row("costs"), row("renamed")];
  const after = [row("new"), row("same", { version: 9 }), row("costs", { cost_usd_micro: 5 }), row("renamed", { name: "other", cost_usd_micro: 5 })];
  expect(diffRows(before, after).map(({ id, kind }) => [id, kind])).toEqual([
    ["new", "appeared"],
    ["gone", "vanished"],
    ["renamed", "changed"],
    ["costs", "changed"],
  ]);
  expect(diffRows(after, after)).toEqual([]);
});

test("What a cost is reckoned from is no difference of its own", () => {
  const of = (cost: number) => ({ cost_usd_micro: cost, billing: { since: `2026-03-01T12:00:0${cost}Z`, cost_usd_micro: cost, remainder: cost } });
  expect(diffFields(of(1), of(2)).map(({ field }) => field)).toEqual(["cost_usd_micro"]);
});
