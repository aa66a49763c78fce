import type { Socket, Surroundings } from "./link";
import type { ClientMessage } from "./protocol";

/** A server and a clock for tests of what follows streams. */
export class FakeSurroundings implements Surroundings {
  readonly sockets: FakeSocket[] = [];
  private timers: { run: () => void; due: number }[] = [];
  private now = 0;
  doubts = 0;

  connect(): FakeSocket {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  }

  doubt(): void {
    this.doubts += 1;
  }

  random = () => 0.5;

  setTimer(run: () => void, ms: number): () => void {
    const timer = { run, due: this.now + ms };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets `ms` pass, and runs what is due meanwhile. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.timers.filter((timer) => timer.due <= until).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.now = next.due;
      this.timers = this.timers.filter((timer) => timer !== next);
      next.run();
    }
    this.now = until;
  }

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error("nothing has connected");
    return last;
  }
}

export class FakeSocket implements Socket {
  readonly sent: ClientMessage[] = [];
  isClosed = false;
  onopen: (() => void) | null = null;
  onmessage: ((text: string) => void) | null = null;
  onclose: (() => void) | null = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientMessage);
  }

  close(): void {
    this.isClosed = true;
  }

  say(message: object): void {
    this.onmessage?.(JSON.stringify(message));
  }

  /** Answers the last subscription of `stream`. */
  subscribed(stream: string, recovered: boolean, cursor: string): void {
    const asked = this.sent.filter((m) => m.type === "subscribe" && m.stream === stream).at(-1);
    if (asked?.type !== "subscribe") throw new Error(`${stream} was not asked for`);
    this.say({ type: "subscribed", id: asked.id, stream, recovered, cursor });
  }
}
