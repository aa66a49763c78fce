import { expect, test } from "vitest";
import type { Deployment } from "@/api/client";
import { faultsOfChange } from "../create/validate";
import { backTo, changeOf, conflictsOf, draftOf, editFieldAt, fieldsOf, shown, sizeText } from "./edit";

const was = {
  name: "trainer", labels: { team: "vision", run: "a=b" }, limits: { cpus: 2, memory_bytes: 1_610_612_736, processes: null },
  restart_policy: { policy: "on-failure", max_restarts: 3, backoff_initial: "1s", backoff_max: "60s" }, price_usd_micro_per_hour: 2_490_000,
} as unknown as Deployment;

test("What nobody touched is not sent", () => {
  expect(changeOf(was, draftOf(was))).toEqual({});
});

test("Limits and the policy go as wholes, with what was not touched of them", () => {
  const draft = { ...draftOf(was), memory: "2 GiB", maxRestarts: "" };
  expect(changeOf(was, draft)).toEqual({ limits: { cpus: 2, memory_bytes: 2 ** 31 }, restart_policy: { policy: "on-failure", backoff_initial: "1s", backoff_max: "60s" } });
});

test("Limits that are emptied are taken away, and not left", () => {
  expect(changeOf(was, { ...draftOf(was), cpus: "", memory: "" })).toEqual({ limits: {} });
  expect(backTo({ ...was, limits: null }, ["limits"])).toEqual({ limits: {} });
});

test("A size is written exactly", () => {
  expect([sizeText(2 ** 31), sizeText(1_610_612_736), sizeText(4_194_305)]).toEqual(["2 GiB", "1536 MiB", "4194305"]);
});

test("Only what somebody else changed of the same fields is a conflict", () => {
  const is = { ...was, name: "other", labels: { run: "a=b", team: "vision" }, limits: { memory_bytes: 1_610_612_736, cpus: 2 } } as Deployment;
  expect(conflictsOf(was, is, ["name", "labels", "limits"])).toEqual([{ field: "name", was: "trainer", is: "other" }]);
  expect(conflictsOf(was, is, ["labels", "limits"])).toEqual([]);
});

test("What was changed is put back as it was, and nothing else", () => {
  const change = changeOf(was, { ...draftOf(was), name: "b", price: "3" });
  expect(backTo(was, fieldsOf(change))).toEqual({ name: "trainer", price_usd_micro_per_hour: 2_490_000 });
});

test("A form says at its field what the schema would refuse", () => {
  const faults = (change: object) => faultsOfChange(change, editFieldAt);
  expect(faults(changeOf(was, { ...draftOf(was), name: " " }))).toEqual({ name: "needed" });
  expect(faults(changeOf(was, { ...draftOf(was), memory: "much" })).memory).toBe("shape");
  expect(faults(changeOf(was, { ...draftOf(was), cpus: "0" })).cpus).toBe("small");
  expect(faults(changeOf(was, { ...draftOf(was), maxRestarts: "-1" }))).toHaveProperty("maxRestarts");
  expect(faults(changeOf(was, { ...draftOf(was), name: "fine", memory: "1 GiB", restart: "always" }))).toEqual({});
});

test("Values are told for people", () => {
  expect([shown("labels", was.labels), shown("limits", was.limits), shown("limits", null), shown("restart_policy", was.restart_policy)]).toEqual(["team=vision, run=a=b", "2 CPU, 1536 MiB", "–", "on-failure, ≤ 3"]);
});
