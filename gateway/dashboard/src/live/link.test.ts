import { beforeEach, expect, test } from "vitest";
import { FakeSurroundings } from "./fake_surroundings";
import { Link, whenLive, type Sink } from "./link";

class Notes implements Sink {
  readonly said: unknown[] = [];
  opened = (whole: boolean, cursor: string) => void this.said.push(["opened", whole, cursor]);
  snapshot = (data: unknown) => void this.said.push(["snapshot", data]);
  event = (data: unknown) => void this.said.push(["event", data]);
  refused = (code: string) => void this.said.push(["refused", code]);
}

let around: FakeSurroundings;
let link: Link;
let notes: Notes;

beforeEach(() => {
  around = new FakeSurroundings();
  link = new Link(around);
  notes = new Notes();
  link.start();
});

function followed(stream = "tasks") {
  link.attach(stream, notes);
  link.begin(stream);
  around.socket.onopen?.();
  around.socket.subscribed(stream, false, "c0");
}

test("After a cut it goes on behind the last cursor that it saw, on a new socket", () => {
  followed();
  around.socket.say({ type: "event", stream: "tasks", cursor: "c1", data: 1 });
  around.socket.onclose?.();
  expect(link.getStatus()).toBe("resuming");
  around.pass(250);
  expect(around.sockets).toHaveLength(2);
  around.socket.onopen?.();
  expect(around.socket.sent).toEqual([expect.objectContaining({ stream: "tasks", after: "c1" })]);
  around.socket.subscribed("tasks", true, "c1");
  around.socket.say({ type: "event", stream: "tasks", cursor: "c2", data: 2 });
  expect(link.getStatus()).toBe("live");
  expect(notes.said).toEqual([
    ["opened", true, "c0"],
    ["event", 1],
    ["opened", true, "c1"],
    ["event", 2],
  ]);
});

test("A gap is told: what was not recovered is not whole", () => {
  followed();
  around.socket.onclose?.();
  around.pass(250);
  around.socket.onopen?.();
  around.socket.subscribed("tasks", false, "d9");
  expect(notes.said.at(-1)).toEqual(["opened", false, "d9"]);
});

test("A stream that is followed from a page that was read is not whole when the server cannot go on from there", () => {
  link.attach("tasks", notes);
  link.begin("tasks", "p7");
  around.socket.onopen?.();
  around.socket.subscribed("tasks", false, "d9");
  expect(notes.said).toEqual([["opened", false, "d9"]]);
});

test("Says that it is stale when nothing has come back for ten seconds, and waits longer each time", () => {
  followed();
  around.socket.onclose?.();
  for (const wait of [250, 500, 1000, 2000, 4000]) {
    expect(link.getStatus()).toBe("resuming");
    around.pass(wait);
    around.socket.onclose?.();
  }
  around.pass(3000);
  expect(link.getStatus()).toBe("stale");
  around.pass(5000);
  around.socket.onopen?.();
  around.socket.subscribed("tasks", true, "c0");
  expect(link.getStatus()).toBe("live");
});

test("A connection that says nothing is asked, and given up when it does not answer", () => {
  followed();
  const first = around.socket;
  around.pass(5_000);
  expect(first.sent.at(-1)).toEqual({ type: "ping" });
  first.say({ type: "pong" });
  around.pass(5_000);
  expect(first.isClosed).toBe(false);
  expect(link.getStatus()).toBe("live");
  around.pass(5_000);
  expect(first.isClosed).toBe(true);
  expect(link.getStatus(), "what is shown is ten seconds old").toBe("stale");
});

test("Frames of a subscription that was ended and begun again are not taken for those of the new one", () => {
  followed();
  const detach = link.attach("tasks", notes);
  expect(detach).toBeTypeOf("function");
  const other = new Notes();
  const end = link.attach("models", other);
  link.begin("models");
  around.socket.subscribed("models", false, "m0");
  end();
  const again = new Notes();
  link.attach("models", again);
  link.begin("models", "m5");
  around.socket.say({ type: "event", stream: "models", cursor: "m1", data: "old" });
  around.socket.subscribed("models", true, "m5");
  around.socket.say({ type: "event", stream: "models", cursor: "m6", data: "new" });
  expect(again.said).toEqual([
    ["opened", true, "m5"],
    ["event", "new"],
  ]);
});

test("Two that follow one stream share one subscription, which ends with the second", () => {
  followed();
  const other = new Notes();
  const end = link.attach("tasks", other);
  link.begin("tasks", "elsewhere");
  expect(around.socket.sent.filter((m) => m.type === "subscribe")).toHaveLength(1);
  around.socket.say({ type: "event", stream: "tasks", cursor: "c1", data: 1 });
  expect(other.said).toEqual([["event", 1]]);
  end();
  expect(around.socket.sent.some((m) => m.type === "unsubscribe")).toBe(false);
});

test("What is refused stays refused, and does not keep the page from being live", () => {
  link.attach("deployments/dep_x", notes);
  link.begin("deployments/dep_x");
  around.socket.onopen?.();
  const asked = around.socket.sent[0];
  around.socket.say({ type: "error", id: asked?.type === "subscribe" ? asked.id : -1, code: "deployment.not_found", detail: "no such deployment" });
  expect(notes.said).toEqual([["refused", "deployment.not_found"]]);
  expect(link.getStatus()).toBe("live");
});

test("A stream that the server closes because we read too slowly is asked for again behind the cursor", () => {
  followed();
  around.socket.say({ type: "closed", stream: "tasks", code: "live.too_slow", cursor: "c4" });
  expect(link.getStatus()).toBe("resuming");
  around.pass(1_000);
  expect(around.socket.sent.at(-1)).toMatchObject({ type: "subscribe", stream: "tasks", after: "c4" });
});

test("A stream that the server closes before it stood is asked for again", () => {
  link.attach("tasks", notes);
  link.begin("tasks", "c3");
  around.socket.onopen?.();
  around.socket.say({ type: "closed", stream: "tasks", code: "slow_consumer", cursor: "c3" });
  around.pass(1_000);
  expect(around.socket.sent.filter((m) => m.type === "subscribe")).toHaveLength(2);
  around.socket.subscribed("tasks", true, "c3");
  around.socket.say({ type: "event", stream: "tasks", cursor: "c4", data: 4 });
  expect(notes.said).toEqual([["opened", true, "c3"], ["event", 4]]);
});

test("A stream that stands when one before it was closed is not asked for again, and one that does not yet is not had twice", () => {
  followed();
  const ended = link.attach("models", notes);
  link.begin("models");
  ended();
  link.attach("models", notes);
  link.begin("models");
  around.socket.say({ type: "closed", stream: "models", code: "slow_consumer", cursor: "c1" });
  around.pass(1_000);
  expect(around.socket.sent.slice(-2)).toMatchObject([{ type: "unsubscribe" }, { type: "subscribe", stream: "models" }]);
  around.socket.say({ type: "closed", stream: "models", code: "slow_consumer", cursor: "c1" });
  around.socket.subscribed("models", false, "c2");
  const before = around.socket.sent.length;
  around.pass(1_000);
  expect(around.socket.sent).toHaveLength(before);
});

const askedFor = (stream: string) => around.socket.sent.filter((m) => m.type === "subscribe" && m.stream === stream);

test("A stream that was closed just before a cut is asked for once on the next socket", () => {
  followed();
  around.socket.say({ type: "closed", stream: "tasks", code: "live.too_slow", cursor: "c4" });
  around.socket.onclose?.();
  around.pass(250);
  around.socket.onopen?.();
  around.pass(1_000);
  expect(askedFor("tasks")).toHaveLength(1);
});

test("A socket that neither opens nor fails is given up after ten seconds", () => {
  const first = around.socket;
  around.pass(9_999);
  expect(first.isClosed).toBe(false);
  around.pass(1);
  expect(first.isClosed).toBe(true);
  around.pass(250);
  expect(around.sockets).toHaveLength(2);
});

test("After a sleep the connection is asked at once, and given up when it does not answer within three seconds", () => {
  followed();
  const first = around.socket;
  link.hurry();
  expect(first.sent.at(-1)).toEqual({ type: "ping" });
  around.pass(2_000);
  first.say({ type: "pong" });
  around.pass(5_000);
  expect(first.isClosed).toBe(false);
  link.hurry();
  around.pass(3_000);
  expect(first.isClosed).toBe(true);
});

test("A stream that the server cannot tell for now does not make the rest of the page stale", () => {
  followed();
  const other = new Notes();
  link.attach("models", other);
  link.begin("models");
  const refuse = () => {
    const asked = askedFor("models").at(-1);
    around.socket.say({ type: "error", id: asked?.type === "subscribe" ? asked.id : -1, code: "live.too_many_subscriptions", detail: "at most 100" });
  };
  around.socket.onclose?.();
  around.pass(250);
  around.socket.onopen?.();
  around.socket.subscribed("tasks", true, "c0");
  for (let second = 0; second < 12; ++second) {
    refuse();
    around.pass(1_000);
  }
  expect(link.getStatus()).toBe("live");
  expect(other.said.at(-1)).toEqual(["refused", "live.too_many_subscriptions"]);
  around.socket.subscribed("models", true, "m0");
  expect(other.said.at(-1)).toEqual(["opened", true, "m0"]);
});

test("A server that has heard nothing of its log for more than ten seconds makes the page stale until it has", () => {
  followed();
  around.pass(4_000);
  // Much may come of what needs no log.
  around.socket.say({ type: "event", stream: "tasks", cursor: "c1", data: 1 });
  around.pass(1_000);
  expect(around.socket.sent.at(-1)).toEqual({ type: "ping" });
  around.socket.say({ type: "pong", age_seconds: 10 });
  expect(link.getStatus()).toBe("live");
  around.pass(2_000);
  around.socket.say({ type: "pong", age_seconds: 12 });
  expect([link.getStatus(), link.getLogAge()]).toEqual(["stale", 12]);
  around.pass(2_000);
  expect(around.socket.sent.filter((m) => m.type === "ping")).toHaveLength(3);
  around.socket.say({ type: "pong" });
  expect([link.getStatus(), link.getLogAge()]).toEqual(["live", 0]);
});

test("Who waits for it to be live is told once for each time that it has become so", () => {
  let told = 0;
  const end = whenLive(link, () => (told += 1));
  followed();
  expect(told).toBe(1);
  around.socket.say({ type: "pong" });
  expect(told).toBe(1);
  around.socket.onclose?.();
  around.pass(250);
  around.socket.onopen?.();
  expect(told).toBe(1);
  around.socket.subscribed("tasks", true, "c0");
  expect(told).toBe(2);
  end();
  around.socket.onclose?.();
  around.pass(250);
  around.socket.onopen?.();
  around.socket.subscribed("tasks", true, "c0");
  expect(told).toBe(2);
});
