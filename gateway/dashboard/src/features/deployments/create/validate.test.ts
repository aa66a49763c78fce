import { expect, test } from "vitest";
import { emptyDraft, requestOf } from "./draft";
import { faultsOf } from "./validate";

const draft = { ...emptyDraft, name: "a", command: "true" };

test("What the API takes has no fault", () => {
  expect(faultsOf(requestOf({ ...draft, env: "A=1\nB=@secret", labels: "team=x", memory: "1 GiB", cpus: "0.5", stopGrace: "10s", ports: "80 443" }))).toEqual({});
});

test("A fault is told at its field, by the schema of the API", () => {
  expect(faultsOf(requestOf(emptyDraft))).toMatchObject({ name: "needed", command: "needed" });
  expect(faultsOf(requestOf({ ...draft, memory: "much" }))).toEqual({ memory: "shape" });
  expect(faultsOf(requestOf({ ...draft, memory: "1k", ports: "70000" }))).toEqual({ memory: "small", ports: "large" });
  expect(faultsOf(requestOf({ ...draft, stopGrace: "soon" }))).toEqual({ stopGrace: "shape" });
});
