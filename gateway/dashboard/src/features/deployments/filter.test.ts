import { expect, test } from "vitest";
import type { Deployment } from "@/api/client";
import { filterOf, matchesFilter } from "./filter";

const row = { id: "dep_abc", name: "Trainer", status: "running", provider: "local", owner: "user:a", labels: { team: "Vision" } } as unknown as Deployment;

test("Text is found in the name, the id and values of labels, in both cases", () => {
  for (const text of ["train", "TRAINER", "dep_ab", "vision"]) expect(matchesFilter(row, { text })).toBe(true);
  for (const text of ["team", "stopped"]) expect(matchesFilter(row, { text })).toBe(false);
});

test("All parts of a filter must fit", () => {
  expect(matchesFilter(row, { status: "running", provider: "local", owner: "user:a", label: "team=Vision" })).toBe(true);
  expect(matchesFilter(row, { status: "running", label: "team=vision" })).toBe(false);
});

test("Deleted ones are there only when they are asked for", () => {
  const deleted = { ...row, status: "deleted" } as Deployment;
  expect(matchesFilter(deleted, {})).toBe(false);
  expect(matchesFilter(deleted, { status: "deleted" })).toBe(true);
});

test("What an address says that is no filter is passed over", () => {
  expect(filterOf({ status: "nonsense", text: 42, owner: "", other: "x" })).toEqual({ text: "42" });
});
