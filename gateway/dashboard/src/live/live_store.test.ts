import { beforeEach, expect, test } from "vitest";
import { FakeSurroundings } from "./fake_surroundings";
import { Link } from "./link";
import { LiveStore, type LiveSource } from "./live_store";

let around: FakeSurroundings;
let link: Link;
let answers: { position: string | undefined; answer: (state: string[], cursor: string) => void; fail: (error: unknown) => void }[];

const settle = () => new Promise<void>((resolve) => setTimeout(resolve));
const now = (flush: () => void) => flush();

const list = (key: string): LiveSource<string[]> => ({
  key,
  stream: "tasks",
  load: ({ minPosition }) =>
    new Promise((resolve, reject) =>
      answers.push({ position: minPosition, answer: (state, cursor) => resolve({ state, cursor }), fail: reject }),
    ),
  event: (state, data) => [...state, String(data)],
});

beforeEach(() => {
  around = new FakeSurroundings();
  link = new Link(around);
  link.start();
  around.socket.onopen?.();
  answers = [];
});

test("Reads a page, and goes on with the stream from where the page stood", async () => {
  const store = new LiveStore(list("a"), link, now);
  store.start();
  expect(around.socket.sent).toEqual([]);
  answers[0]?.answer(["read"], "p1");
  await settle();
  expect(around.socket.sent).toEqual([expect.objectContaining({ stream: "tasks", after: "p1" })]);
  around.socket.subscribed("tasks", true, "p1");
  around.socket.say({ type: "event", stream: "tasks", cursor: "c2", data: "told" });
  expect(store.getView().state).toEqual(["read", "told"]);
});

test("Who joins a stream that runs misses nothing that is told while he reads", async () => {
  const first = new LiveStore(list("a"), link, now);
  first.start();
  answers[0]?.answer([], "p1");
  await settle();
  around.socket.subscribed("tasks", true, "p1");
  const second = new LiveStore(list("b"), link, now);
  second.start();
  expect(answers[1]?.position).toBe("p1");
  around.socket.say({ type: "event", stream: "tasks", cursor: "c2", data: "while reading" });
  answers[1]?.answer(["read"], "p1");
  await settle();
  expect(second.getView().state).toEqual(["read", "while reading"]);
});

test("Reads again when another began the stream meanwhile, since that may be behind what was read", async () => {
  const [first, second] = [new LiveStore(list("a"), link, now), new LiveStore(list("b"), link, now)];
  first.start();
  second.start();
  answers[0]?.answer([], "p5");
  await settle();
  answers[1]?.answer(["older"], "p1");
  await settle();
  expect(second.getView().state).toBeUndefined();
  expect(answers[2]?.position).toBe("p5");
  answers[2]?.answer(["newer"], "p6");
  await settle();
  expect(second.getView().state).toEqual(["newer"]);
});

test("After a gap it reads anew from the snapshot on, the first cursor that can be read from, and shows meanwhile what it had", async () => {
  const store = new LiveStore({ ...list("a"), hasSnapshot: true }, link, now);
  store.start();
  answers[0]?.answer(["before"], "p1");
  await settle();
  around.socket.subscribed("tasks", true, "p1");
  around.socket.onclose?.();
  around.pass(250);
  around.socket.onopen?.();
  // It covers nothing, so that a cut here brings the snapshot again.
  around.socket.subscribed("tasks", false, "before the snapshot");
  expect(answers).toHaveLength(1);
  around.socket.say({ type: "snapshot", stream: "tasks", cursor: "n0", data: { items: [] } });
  expect(answers[1]?.position).toBe("n0");
  around.socket.say({ type: "event", stream: "tasks", cursor: "n1", data: "while reading" });
  expect(store.getView().state).toEqual(["before"]);
  answers[1]?.answer(["after"], "n0");
  await settle();
  expect(store.getView()).toMatchObject({ state: ["after", "while reading"], phase: "current" });
});

test("After a gap of a stream without a snapshot it reads anew at once", async () => {
  const store = new LiveStore(list("a"), link, now);
  store.start();
  answers[0]?.answer(["before"], "p1");
  await settle();
  around.socket.subscribed("tasks", false, "n0");
  expect(answers[1]?.position).toBe("n0");
});

test("A page that was asked for at a cursor of a log that is gone is read again", async () => {
  const store = new LiveStore(list("a"), link, now, (run, ms) => around.setTimer(run, ms));
  store.start();
  answers[0]?.fail({ code: "cursor.other_log", detail: "another log", status: 422 });
  await settle();
  around.pass(1_000);
  expect(answers).toHaveLength(2);
});

test("What will not be read again holds no frames, and is read by the next connection or the next who looks", async () => {
  const store = new LiveStore(list("a"), link, now);
  store.start();
  answers[0]?.answer([], "p1");
  await settle();
  around.socket.subscribed("tasks", false, "n0");
  answers[1]?.fail({ code: "auth.forbidden", detail: "no right", status: 403 });
  await settle();
  expect(store.isFollowing).toBe(false);
  expect(around.socket.sent.at(-1)).toMatchObject({ type: "unsubscribe" });
  store.hurry();
  expect(answers).toHaveLength(3);
  answers[2]?.fail({ code: "auth.forbidden", detail: "no right", status: 403 });
  await settle();
  store.stop();
  store.hurry();
  expect(answers).toHaveLength(3);
  store.start();
  expect(answers).toHaveLength(4);
});

const counting: LiveSource<number> = { key: "n", stream: "events", begin: (previous) => (previous ?? 0) + 1, event: (state) => state };

test("What happened while nobody looked is not known: a stream without a snapshot begins anew", () => {
  const store = new LiveStore(counting, link, now);
  store.start();
  around.socket.subscribed("events", true, "c0");
  expect(store.getView().state).toBe(1);
  store.stop();
  store.start();
  around.socket.subscribed("events", true, "c9");
  expect(store.getView().state).toBe(2);
});

test("It begins anew as well when another has followed the stream meanwhile, and goes on after a cut that missed nothing", () => {
  const [store, other] = [new LiveStore(counting, link, now), new LiveStore({ ...counting, key: "m" }, link, now)];
  store.start();
  around.socket.subscribed("events", true, "c0");
  other.start();
  store.stop();
  store.start();
  expect([store.getView().state, other.getView().state]).toEqual([2, 1]);
  around.socket.onclose?.();
  around.pass(250);
  around.socket.onopen?.();
  around.socket.subscribed("events", true, "c0");
  expect([store.getView().state, other.getView().state]).toEqual([2, 1]);
});

test("A page that cannot be read is a failure with the server's own code", async () => {
  const store = new LiveStore(list("a"), link, now);
  store.start();
  answers[0]?.fail({ code: "auth.forbidden", detail: "no right" });
  await settle();
  expect(store.getView()).toMatchObject({ phase: "failed", failure: { code: "auth.forbidden", detail: "no right" } });
});

test("A page that could not be read for the moment is read again by itself", async () => {
  const store = new LiveStore(list("a"), link, now, (run, ms) => around.setTimer(run, ms));
  store.start();
  answers[0]?.fail({ code: "projections.behind", detail: "not yet", status: 503 });
  await settle();
  around.pass(1_000);
  answers[1]?.answer(["read"], "p1");
  await settle();
  expect(store.getView()).toMatchObject({ phase: "current", state: ["read"] });
});

test("What comes before a frame is drawn is shown together", () => {
  const flushes: (() => void)[] = [];
  const source: LiveSource<number> = { key: "n", stream: "stats", snapshot: Number, event: (state, data) => state + Number(data) };
  const store = new LiveStore(source, link, (flush) => flushes.push(flush));
  let told = 0;
  store.listen(() => (told += 1));
  store.start();
  around.socket.subscribed("stats", false, "c0");
  around.socket.say({ type: "snapshot", stream: "stats", cursor: "c0", data: 1 });
  for (let i = 0; i < 100; ++i) around.socket.say({ type: "event", stream: "stats", cursor: `c${i}`, data: 1 });
  expect(flushes).toHaveLength(1);
  flushes[0]?.();
  expect(store.getView().state).toBe(101);
  expect(told).toBe(1);
});

test("A page that nobody answered is read again when the server answers, and not when its turn has come", async () => {
  const store = new LiveStore(list("a"), link, now, (run, ms) => around.setTimer(run, ms), { state: ["known"], asOf: 5 });
  expect(store.getView()).toMatchObject({ state: ["known"], asOf: 5, phase: "old" });
  store.start();
  answers[0]?.fail({ code: "network", detail: "no answer", status: 0 });
  await settle();
  expect(store.getView()).toMatchObject({ state: ["known"], phase: "failed" });
  store.hurry();
  store.hurry();
  expect(answers).toHaveLength(2);
  answers[1]?.answer(["read"], "p1");
  await settle();
  expect(store.getView()).toMatchObject({ state: ["read"], phase: "current" });
});
