import { expect, test } from "vitest";
import { matchesSetting } from "./setting";

const setting = { name: "log-level", value: "debug", source: "flag --log-level" };

test("An option is found by its name, its value and its source", () => {
  for (const text of ["", "LOG-", "debug", "flag "]) expect(matchesSetting(setting, text, true)).toBe(true);
  expect(matchesSetting(setting, "trace", false)).toBe(false);
});

test("What nobody has set can be left out", () => {
  expect(matchesSetting({ ...setting, source: "default" }, "", true)).toBe(false);
  expect(matchesSetting({ ...setting, source: "default" }, "", false)).toBe(true);
});
