import { expect, test } from "vitest";
import { choiceOf, isShown, textOfChoice, toggled } from "./columns";

const columns = [{ id: "name", title: "Name" }, { id: "status", title: "Status" }, { id: "cost", title: "Cost", wide: true }, { id: "actions", title: "" }];
const [name, status, cost, actions] = columns as [(typeof columns)[0], (typeof columns)[0], (typeof columns)[0], (typeof columns)[0]];
const shown = (text: string, isNarrow: boolean) => columns.filter((column) => isShown(columns, column, choiceOf(text), isNarrow)).map(({ id }) => id);

test("A choice is read from text and written as the same text, without what is no name of a column", () => {
  expect(textOfChoice(choiceOf("cost,-status"))).toBe("cost,-status");
  expect(textOfChoice(choiceOf(" cost , ,-status,<b>,--x"))).toBe("cost,-status");
  expect(textOfChoice(choiceOf(undefined))).toBe("");
});

test("Without a choice the table leaves wide columns out where it is narrow", () => {
  expect(shown("", false)).toEqual(["name", "status", "cost", "actions"]);
  expect(shown("", true)).toEqual(["name", "status", "actions"]);
});

test("What was chosen is there where it is narrow too, and what was taken away is nowhere", () => {
  expect(shown("cost,-status", true)).toEqual(["name", "cost", "actions"]);
});

test("What names a row and what acts on it cannot be taken away", () => {
  expect(shown("-name,-actions", false)).toContain("name");
  expect(isShown(columns, name, choiceOf("-name"), false)).toBe(true);
  expect(isShown(columns, actions, choiceOf("-actions"), false)).toBe(true);
});

test("A column that is switched twice stands where it stood, and nothing is kept of it", () => {
  for (const isNarrow of [false, true])
    for (const column of [status, cost]) {
      const once = toggled(columns, column, choiceOf(""), isNarrow);
      expect(isShown(columns, column, once, isNarrow)).toBe(!isShown(columns, column, choiceOf(""), isNarrow));
      expect(textOfChoice(toggled(columns, column, once, isNarrow))).toBe("");
    }
});
