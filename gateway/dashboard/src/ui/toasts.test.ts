import { expect, test } from "vitest";
import { trimmed, type Toast } from "./toasts";

const toast = (id: number, kind: Toast["kind"]): Toast => ({ id, kind, text: "" });

test("Failures stay however many messages come behind them, and of the others the newest", () => {
  const all = [toast(1, "failure"), toast(2, "progress"), toast(3, "success"), toast(4, "success"), toast(5, "progress"), toast(6, "failure")];
  expect(trimmed(all).map(({ id }) => id)).toEqual([1, 2, 5, 6]);
  expect(trimmed(Array.from({ length: 6 }, (_, id) => toast(id, "failure")))).toHaveLength(6);
});
