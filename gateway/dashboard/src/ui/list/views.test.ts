import { expect, test } from "vitest";
import { renamed, viewsOf, withView } from "./views";

const running = { name: "Running", address: "/deployments?status=running" };
const mine = { name: "Mine", address: "/tasks?label=team%3Dvision" };

test("What was kept is read again, and what is no view of this page is left out", () => {
  expect(viewsOf(JSON.stringify([running, null, 3, { name: "" }, { name: "x", address: "//elsewhere.example/a" }, { name: "y", address: "https://elsewhere.example" }, { ...mine, more: 1 }]))).toEqual([running, mine]);
  expect(viewsOf("{no json")).toEqual([]);
  expect(viewsOf(null)).toEqual([]);
});

test("A view of the same name replaces the one that was there", () => {
  expect(withView([running], mine)).toEqual([mine, running]);
  expect(withView([running], { ...running, address: "/deployments?status=failed" })).toEqual([{ name: "Running", address: "/deployments?status=failed" }]);
});

test("A view is not renamed to nothing, or to what another is called", () => {
  expect(renamed([mine, running], "Mine", " Ours ")).toEqual([{ ...mine, name: "Ours" }, running]);
  expect(renamed([mine, running], "Mine", "Running")).toBeUndefined();
  expect(renamed([mine, running], "Mine", "  ")).toBeUndefined();
});
