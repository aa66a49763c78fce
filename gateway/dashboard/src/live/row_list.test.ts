import { expect, test } from "vitest";
import { addPage, applyChange, counted, firstPage, isOvergrown, type RowList } from "./row_list";

interface Item {
  id: string;
  version: number;
  created_at: string;
  status: string;
}

const row = (id: string, second: number, version = 1, status = "running"): Item => ({
  id,
  version,
  status,
  created_at: `2026-01-01T00:00:${String(second).padStart(2, "0")}.000000Z`,
});
const all = () => true;
const running = (item: Item) => item.status === "running";
const ids = (list: RowList<Item>) => list.rows.map((item) => item.id);
const put = (item: Item) => ({ op: "put" as const, item });

test("A new row comes in at its place, newest first", () => {
  const list = firstPage({ items: [row("c", 3), row("a", 1)], total: 2, next_cursor: null });
  const next = applyChange(list, put(row("b", 2)), all);
  expect(ids(next)).toEqual(["c", "b", "a"]);
  expect(next.total).toBe(3);
});

test("An older version of a row changes nothing", () => {
  const list = firstPage({ items: [row("a", 1, 5, "stopped")], total: 1 });
  expect(applyChange(list, put(row("a", 1, 4)), all)).toBe(list);
});

test("A row that does not match any more goes, and one that does now comes", () => {
  const list = firstPage({ items: [row("a", 1)], total: 1, next_cursor: null });
  const without = applyChange(list, put(row("a", 1, 2, "stopped")), running);
  expect([ids(without), without.total]).toEqual([[], 0]);
  const again = applyChange(without, put(row("a", 1, 3)), running);
  expect([ids(again), again.total]).toEqual([["a"], 1]);
});

test("A row of a page that was not read is left for that page, and the total is in doubt", () => {
  const list = firstPage({ items: [row("c", 3), row("b", 2)], total: 9, next_cursor: "more" });
  const next = applyChange(list, put(row("a", 1, 2)), all);
  expect(ids(next)).toEqual(["c", "b"]);
  expect(next.doubts).toBe(1);
});

test("A page that was read before its rows changed shows them as they are", () => {
  let list = firstPage({ items: [row("e", 5)], total: 4, next_cursor: "more" });
  list = applyChange(list, put(row("c", 3, 2)), all);
  list = applyChange(list, put(row("d", 4, 2)), all);
  list = applyChange(list, { op: "delete", item: row("d", 4, 3) }, all);
  list = addPage(list, { items: [row("d", 4), row("c", 3)], next_cursor: "more" }, all);
  expect(list.rows.map((item) => [item.id, item.version])).toEqual([["e", 1], ["c", 2]]);
});

test("A row that came to match while a page was read is in it, and one further down waits for its page", () => {
  let list = firstPage({ items: [row("e", 5)], total: 4, next_cursor: "more" });
  list = applyChange(list, put(row("d", 4, 2)), running);
  list = applyChange(list, put(row("a", 1, 2)), running);
  list = addPage(list, { items: [row("c", 3)], next_cursor: "more" }, running);
  expect(ids(list)).toEqual(["e", "d", "c"]);
  list = addPage(list, { items: [], next_cursor: null }, running);
  expect(ids(list)).toEqual(["e", "d", "c", "a"]);
});

test("A change while the total is counted leaves it in doubt, and what was counted of another list is not taken", () => {
  const asked = applyChange(firstPage({ items: [row("e", 5)], total: 9, next_cursor: "more" }), put(row("a", 1, 2)), all);
  const beyond = applyChange(asked, put(row("b", 2, 2)), all);
  expect(counted(beyond, asked, { items: [], total: 10 })).toMatchObject({ total: 10, doubts: 1 });
  expect(counted(beyond, beyond, { items: [], total: 11 })).toMatchObject({ total: 11, doubts: 0 });
  const within = applyChange(asked, put(row("f", 6)), all);
  expect(counted(within, asked, { items: [], total: 10 }).doubts).toBe(1);
  const anew = firstPage({ items: [row("e", 5)], total: 12, next_cursor: "more" });
  expect(counted(anew, asked, { items: [], total: 10 })).toBe(anew);
});

test("A page that was read before a row went does not bring it back", () => {
  const list = firstPage({ items: [row("c", 3)], total: 2, next_cursor: "more" });
  const deleted = applyChange(list, { op: "delete", item: row("a", 1, 7, "deleted") }, all);
  expect(ids(addPage(deleted, { items: [row("a", 1, 6)], next_cursor: null }, all))).toEqual(["c"]);
});

test("A page that was read before a row changed does not undo the change", () => {
  const list = firstPage({ items: [row("c", 3, 4, "stopped")], total: 1, next_cursor: "more" });
  const next = addPage(list, { items: [row("c", 3, 2), row("b", 2)], next_cursor: null }, all);
  expect(next.rows.map((item) => [item.id, item.version])).toEqual([
    ["c", 4],
    ["b", 1],
  ]);
});

test("A list that changes have made long is to be read anew, and one that was only read far down is not", () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => row(`old-${n}`, 1));
  expect(isOvergrown(firstPage({ items: many(6_000), next_cursor: "more" }))).toBe(false);
  let list = firstPage({ items: many(3_500), next_cursor: "more" });
  let added = 0;
  while (!isOvergrown(list)) list = applyChange(list, put(row(`new-${++added}`, 2)), all);
  expect(list.rows.length).toBeGreaterThan(5_000);
  expect(added).toBe(2_001);
});
