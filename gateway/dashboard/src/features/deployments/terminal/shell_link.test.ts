import { expect, test } from "vitest";
import { ShellLink, type ShellSocket, type ShellState, type Surroundings } from "./shell_link";

class FakeSocket implements ShellSocket {
  sentBytes: string[] = [];
  sentTexts: Record<string, unknown>[] = [];
  isClosed = false;
  onbytes: ShellSocket["onbytes"] = null;
  ontext: ShellSocket["ontext"] = null;
  onopen: ShellSocket["onopen"] = null;
  onclose: ShellSocket["onclose"] = null;
  constructor(readonly query: Record<string, string>) {}
  sendBytes(bytes: Uint8Array) {
    this.sentBytes.push(new TextDecoder().decode(bytes));
  }
  sendText(text: string) {
    this.sentTexts.push(JSON.parse(text) as Record<string, unknown>);
  }
  close() {
    this.isClosed = true;
  }
  show(text: string) {
    this.onbytes?.(new TextEncoder().encode(text));
  }
}

class Around implements Surroundings {
  sockets: FakeSocket[] = [];
  states: ShellState[] = [];
  screen = "";
  unshown: (() => void)[] = [];
  showsAtOnce = true;
  refusal: { code: string; text: string } | undefined;
  private due: (() => void) | undefined;
  random = () => 0.5;
  connect(query: Record<string, string>) {
    const socket = new FakeSocket(query);
    this.sockets.push(socket);
    return socket;
  }
  whyRefused = () => Promise.resolve(this.refusal);
  setTimer(run: () => void) {
    this.due = run;
    return () => (this.due = undefined);
  }
  onBytes(bytes: Uint8Array, shown: () => void) {
    this.screen += new TextDecoder().decode(bytes);
    if (this.showsAtOnce) shown();
    else this.unshown.push(shown);
  }
  onStartOver() {
    this.screen = "";
  }
  onState(state: ShellState) {
    this.states.push(state);
  }
  pass() {
    const run = this.due;
    this.due = undefined;
    run?.();
  }
  get last() {
    return this.sockets[this.sockets.length - 1]!;
  }
  get state() {
    return this.states[this.states.length - 1]!;
  }
}

function opened() {
  const around = new Around();
  const link = new ShellLink("mine", { cols: 80, rows: 24 }, around);
  link.open(false);
  around.last.onopen?.();
  return { around, link };
}

test("Behind a cut it asks for what it has not had, and says what it is doing", () => {
  const { around } = opened();
  expect(around.last.query).toEqual({ session: "mine", cols: "80", rows: "24" });
  around.last.show("twelve bytes");
  around.last.onclose?.();
  expect(around.state).toEqual({ phase: "resuming" });
  around.pass();
  expect(around.last.query).toMatchObject({ session: "mine", resume: "true", received: "12" });
  around.last.onopen?.();
  around.last.show(" and more");
  expect(around.state).toEqual({ phase: "open" });
  expect(around.screen).toBe("twelve bytes and more");
});

test("What a connection says that was given up is not shown", () => {
  const { around } = opened();
  const first = around.last;
  first.onclose?.();
  around.pass();
  first.show("late");
  expect(around.screen).toBe("");
});

test("Where some of it is no longer kept the screen begins anew, and the count with it", () => {
  const { around } = opened();
  around.last.show("old");
  around.last.onclose?.();
  around.pass();
  around.last.onopen?.();
  around.last.ontext?.(JSON.stringify({ type: "start_over", at: 1000 }));
  around.last.show("new");
  expect(around.screen).toBe("new");
  around.last.onclose?.();
  around.pass();
  expect(around.last.query.received).toBe("1003");
});

test("The server is told what is worked off, not what has come", () => {
  const { around } = opened();
  around.showsAtOnce = false;
  const piece = "x".repeat(100_000);
  around.last.show(piece);
  around.last.show(piece);
  const told = () => around.last.sentTexts.filter(({ type }) => type === "taken").map(({ bytes }) => bytes);
  expect(told()).toEqual([0]);
  around.unshown.forEach((shown) => shown());
  expect(told()).toEqual([0, 200_000]);
});

test("An exit is the end: nothing is tried again", () => {
  const { around } = opened();
  around.last.ontext?.(JSON.stringify({ type: "exit", code: "terminal.exited", text: "exited", exit_code: 3 }));
  around.last.onclose?.();
  around.pass();
  expect(around.sockets.length).toBe(1);
  expect(around.state).toEqual({ phase: "ended", code: "terminal.exited", text: "exited", exitCode: 3 });
});

test("A handshake that is refused tells why, and is not tried again", async () => {
  const around = new Around();
  around.refusal = { code: "terminal.elsewhere", text: "another machine" };
  new ShellLink("mine", { cols: 80, rows: 24 }, around).open(false);
  around.last.onclose?.();
  await expect.poll(() => around.state).toEqual({ phase: "ended", code: "terminal.elsewhere", text: "another machine" });
  around.pass();
  expect(around.sockets.length).toBe(1);
});

test("A server that cannot be reached is tried again, and a shell that was there is resumed only", async () => {
  const { around } = opened();
  around.last.show("$ ");
  around.last.onclose?.();
  around.pass();
  around.last.onclose?.();
  await Promise.resolve();
  await Promise.resolve();
  around.pass();
  expect(around.sockets.length).toBe(3);
  expect(around.last.query.resume).toBe("true");
});

test("Who leaves ends the connection and not the shell", () => {
  const { around, link } = opened();
  link.leave();
  expect(around.last.isClosed).toBe(true);
  expect(around.last.sentTexts.some(({ type }) => type === "exit")).toBe(false);
  around.last.onclose?.();
  around.pass();
  expect(around.sockets.length).toBe(1);
});

test("A size is told once, and given with the next connection", () => {
  const { around, link } = opened();
  link.resize({ cols: 100, rows: 30 });
  link.resize({ cols: 100, rows: 30 });
  expect(around.last.sentTexts.filter(({ type }) => type === "resize")).toEqual([{ type: "resize", cols: 100, rows: 30 }]);
  around.last.onclose?.();
  around.pass();
  expect(around.last.query).toMatchObject({ cols: "100", rows: "30" });
});

test("A large paste goes in pieces that the server takes, and none of it is left out", () => {
  const { around, link } = opened();
  const text = "0123456789".repeat(30_000);
  link.type(new TextEncoder().encode(text));
  expect(around.last.sentBytes.length).toBeGreaterThan(4);
  expect(Math.max(...around.last.sentBytes.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
  expect(around.last.sentBytes.join("")).toBe(text);
});

test("A shell that another connection is opening is asked for again", () => {
  const { around } = opened();
  around.last.ontext?.(JSON.stringify({ type: "exit", code: "terminal.opening", text: "" }));
  expect(around.last.isClosed).toBe(true);
  around.last.onclose?.();
  around.pass();
  expect(around.sockets.length).toBe(2);
  expect(around.last.query.resume).toBeUndefined();
});
