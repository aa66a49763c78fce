import { expect, test } from "vitest";
import { filterOf } from "@/features/deployments/filter";
import { timeMomentOf } from "@/time/moment";
import { isOwnPlace, only } from "./search";

const laidOver = (search: Record<string, unknown>, read: ReturnType<typeof only>) => JSON.parse(JSON.stringify({ ...search, ...read(search) }));

test("what is not valid in an address does not reach the page", () => {
  const read = only((search) => ({ ...filterOf(search), ...timeMomentOf(search) }));
  expect(laidOver({ status: "bogus", cursor: "x", page_size: 1, at: "garbage", text: "a" }, read)).toEqual({ text: "a" });
  expect(laidOver({ at: "2026-99-99T00:00:00Z", status: "running" }, read)).toEqual({ status: "running" });
});

test("what every page has stays", () => {
  expect(laidOver({ columns: "name", more: 1 }, only(() => ({})))).toEqual({ columns: "name" });
});

test("one is led to places of our own alone", () => {
  for (const own of ["/dashboard", "/deployments?text=//x", "/sign-inn", "/tasks/tsk_1"]) expect(isOwnPlace(own), own).toBe(true);
  for (const other of ["//evil.example", "/\\evil.example", "https://evil.example/x", "javascript:alert(1)", "", "evil", "/sign-in", "/sign-in?next=/sign-in", "/sign-in/"])
    expect(isOwnPlace(other), other).toBe(false);
});
