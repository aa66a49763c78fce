import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeSurroundings } from "./fake_surroundings";
import { Link } from "./link";
import type { LiveSource } from "./live_store";
import { LiveStores } from "./use_live";

let around: FakeSurroundings;
let stores: LiveStores;

beforeEach(() => {
  vi.useFakeTimers();
  around = new FakeSurroundings();
  const link = new Link(around);
  link.start();
  around.socket.onopen?.();
  stores = new LiveStores(link, (flush) => flush());
});

afterEach(() => void vi.useRealTimers());

const source = (key: string): LiveSource<number> => ({ key, stream: key, snapshot: Number, event: (state) => state, size: (state) => state });

/** Looks at a source of so many lines, and leaves it. */
function visit(key: string, lines: number) {
  const { store, leave } = look(key, lines);
  leave();
  vi.advanceTimersByTime(5_000);
  return store;
}

function look(key: string, lines: number) {
  const store = stores.get(source(key));
  const leave = stores.acquire(key);
  around.socket.subscribed(key, false, "c0");
  around.socket.say({ type: "snapshot", stream: key, cursor: "c1", data: lines });
  return { store, leave };
}

test("What was left is there when one comes back, until others that were left since are too many lines together", () => {
  const first = visit("a", 20_000);
  const second = visit("b", 20_000);
  expect(stores.get(source("a"))).toBe(first);
  visit("c", 20_000);
  expect(stores.get(source("b"))).toBe(second);
  expect(stores.get(source("a"))).not.toBe(first);
});

test("One that alone has too many lines is forgotten when it is left, and not while somebody looks at it", () => {
  const { store, leave } = look("long", 200_000);
  visit("short", 10);
  expect(stores.get(source("long"))).toBe(store);
  leave();
  vi.advanceTimersByTime(5_000);
  expect(stores.get(source("long"))).not.toBe(store);
});

test("The one that was looked at last is kept the longest", () => {
  const first = visit("a", 20_000);
  const second = visit("b", 20_000);
  visit("a", 20_000);
  visit("c", 20_000);
  expect(stores.get(source("a"))).toBe(first);
  expect(stores.get(source("b"))).not.toBe(second);
});

test("When the link is live again, what a reading has given up is read again", async () => {
  let reads = 0;
  const read: LiveSource<number> = { key: "r", stream: "r", load: () => Promise.reject(Object.assign(new Error("no right"), { status: 403, code: "auth.forbidden", detail: "no right", reads: ++reads })), event: (state) => state };
  stores.get(read);
  stores.acquire("r");
  await vi.advanceTimersByTimeAsync(0);
  expect(reads).toBe(1);
  around.socket.onclose?.();
  around.pass(250);
  around.socket.onopen?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(reads).toBe(2);
});
