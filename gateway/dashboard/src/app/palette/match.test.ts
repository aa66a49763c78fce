import { expect, test } from "vitest";
import { best, rankOf } from "./match";

test("What begins so comes before what has a word that does, and that before what holds it somewhere", () => {
  expect(best(["unset", "task set", "settings"], (one) => one, "set")).toEqual(["settings", "task set", "unset"]);
});

test("Every word that was typed must be there, in any order and case", () => {
  expect(rankOf("Stop trainer-7b", "7B stop")).toBeDefined();
  expect(rankOf("Stop trainer-7b", "stop embedder")).toBeUndefined();
});

test("Nothing typed leaves everything as it stands", () => {
  expect(best(["b", "a"], (one) => one, "  ")).toEqual(["b", "a"]);
});
