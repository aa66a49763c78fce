import { backoffMs } from "./backoff";
import { isTransient, parseMessage, type ClientMessage, type ServerMessage } from "./protocol";

/**
 * What the page says of its connection. `stale`: nothing has come for longer than `kStaleAfterMs`, or the server says that
 * its own knowledge is older than `kLogAgeMaxSeconds`.
 */
export type LinkStatus = "live" | "resuming" | "stale";

/** Takes what one stream says, in order, each frame once. */
export interface Sink {
  /** The stream stands. `whole` false: frames were missed for good; a snapshot follows where the stream has one. */
  opened(whole: boolean, cursor: string): void;
  snapshot(data: unknown, cursor: string): void;
  event(data: unknown, cursor: string): void;
  /** The server does not tell this stream, for `code`; should it do so after all, `opened` follows. */
  refused(code: string, detail: string): void;
}

/** The part of WebSocket that is used here. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((text: string) => void) | null;
  onclose: (() => void) | null;
}

export interface Surroundings {
  connect(): Socket;
  /** Called when a socket could not be opened, or was ended: the session may be over. */
  doubt(): void;
  setTimer(run: () => void, ms: number): () => void;
  random?: () => number;
}

const kStaleAfterMs = 10_000;
const kPingAfterMs = 5_000;
const kPongWithinMs = 5_000;
const kConnectWithinMs = 10_000;
/** After a sleep, or a change of the network: a connection that still stands answers at once. */
const kWakeWithinMs = 3_000;
const kTellAgainMs = 1_000;
const kLogAgeMaxSeconds = 10;
const kAskAgeEveryMs = 2_000;

interface Followed {
  stream: string;
  id: number;
  sinks: Set<Sink>;
  cursor: string | undefined;
  /** parked: nobody has said yet where to begin. */
  phase: "parked" | "asked" | "open" | "refused";
  /** Never stood yet. */
  fresh: boolean;
  /** How often in a row the server could not tell it for the moment. From the second time on only who follows it waits. */
  refusals: number;
  refusal?: { code: string; detail: string };
}

/**
 * One WebSocket for the whole page. Streams come and go on it; after a cut it connects again, waiting longer each time,
 * and has every stream go on behind the last cursor that was seen of it.
 */
export class Link {
  private socket: Socket | undefined;
  private isOpen = false;
  private attempts = 0;
  private nextId = 1;
  private readonly streams = new Map<string, Followed>();
  private readonly listeners = new Set<() => void>();
  private status: LinkStatus = "resuming";
  private isLate = false;
  private logAgeSeconds = 0;
  private cancelRetry: (() => void) | undefined;
  private cancelLate: (() => void) | undefined;
  private cancelPing: (() => void) | undefined;
  /** Ends the socket that has not answered by then. */
  private cancelLimit: (() => void) | undefined;
  private cancelAge: (() => void) | undefined;
  private running = false;

  constructor(private readonly around: Surroundings) {}

  /** `isOld`: what is shown was known before the page was loaded, so there is no doubt that it is stale. */
  start(isOld = false): void {
    if (this.running) return;
    this.running = true;
    this.isLate = isOld;
    this.lost();
    this.connect();
  }

  /** Ends the connection and forgets every cursor. */
  stop(): void {
    this.running = false;
    this.streams.clear();
    this.drop();
    this.cancelRetry?.();
    this.cancelLate?.();
    this.cancelLate = undefined;
    this.isLate = false;
    this.update();
  }

  /**
   * The network is back, or the page is looked at again: connects now instead of when its turn has come. A connection that
   * seems to stand may have ended in a sleep, and is asked.
   */
  hurry(): void {
    if (!this.running) return;
    if (this.isOpen) return this.ping(kWakeWithinMs);
    if (this.socket) return;
    this.cancelRetry?.();
    this.attempts = 0;
    this.connect();
  }

  /**
   * Gives `sink` what `stream` says from now on; the function that is answered ends that. A stream that nobody follows
   * says nothing until `begin`.
   */
  attach(stream: string, sink: Sink): () => void {
    let followed = this.streams.get(stream);
    if (!followed) {
      followed = { stream, id: 0, sinks: new Set(), cursor: undefined, phase: "parked", fresh: true, refusals: 0 };
      this.streams.set(stream, followed);
    }
    const { sinks, refusal } = followed;
    sinks.add(sink);
    if (refusal) sink.refused(refusal.code, refusal.detail);
    return () => this.detach(stream, sink);
  }

  /** Follows a stream that has a sink: behind `after`, or from its snapshot on. Of one that is followed already, nothing. */
  begin(stream: string, after?: string): void {
    const followed = this.streams.get(stream);
    if (followed?.phase !== "parked") return;
    followed.cursor = after;
    followed.phase = "asked";
    if (this.isOpen) this.subscribe(followed);
    this.update();
  }

  private detach(stream: string, sink: Sink): void {
    const followed = this.streams.get(stream);
    if (!followed?.sinks.delete(sink) || followed.sinks.size > 0) return;
    this.streams.delete(stream);
    const asked = followed.phase === "asked" || followed.phase === "open";
    if (this.isOpen && asked) this.send({ type: "unsubscribe", id: followed.id });
    this.update();
  }

  /** Where the stream stands; undefined before it stood for the first time. */
  cursorOf(stream: string): string | undefined {
    return this.streams.get(stream)?.cursor;
  }

  getStatus = (): LinkStatus => this.status;

  /** How old the server's own knowledge may be, in seconds; 0 in ordinary times. */
  getLogAge = (): number => this.logAgeSeconds;

  listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private connect(): void {
    const socket = this.around.connect();
    this.socket = socket;
    // A network that swallows packets says neither yes nor no.
    this.cancelLimit = this.around.setTimer(() => socket.onclose?.(), kConnectWithinMs);
    socket.onopen = () => {
      this.isOpen = true;
      for (const followed of this.streams.values()) if (followed.phase === "asked") this.subscribe(followed);
      this.heard();
      this.update();
    };
    socket.onmessage = (text) => {
      this.heard();
      const message = parseMessage(text);
      if (message) this.take(message);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.drop();
      if (!this.running) return;
      this.lost();
      this.around.doubt();
      this.cancelRetry = this.around.setTimer(() => this.connect(), backoffMs(this.attempts++, this.around.random));
    };
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = undefined;
    this.isOpen = false;
    this.logAgeSeconds = 0;
    this.cancelPing?.();
    this.cancelPing = undefined;
    this.cancelLimit?.();
    this.cancelAge?.();
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private lost(): void {
    for (const followed of this.streams.values()) {
      followed.refusals = 0;
      if (followed.phase === "open") followed.phase = "asked";
    }
    // From the first cut on: attempts in between that fail do not make what is shown any newer.
    this.cancelLate ??= this.around.setTimer(() => {
      this.isLate = true;
      this.update();
    }, kStaleAfterMs);
    this.update();
  }

  /**
   * A connection over which nothing comes may be gone without a word: ask. One that has much to say is asked as well, for
   * only the answer says how old it is.
   */
  private heard(): void {
    this.cancelLimit?.();
    this.cancelPing ??= this.around.setTimer(() => {
      this.cancelPing = undefined;
      this.ping(kPongWithinMs);
    }, kPingAfterMs);
  }

  private ping(withinMs: number): void {
    this.send({ type: "ping" });
    this.cancelLimit?.();
    this.cancelLimit = this.around.setTimer(() => {
      // Who has said nothing for so long has not just gone: what is shown is that old already.
      this.isLate = true;
      this.socket?.onclose?.();
    }, withinMs);
  }

  /** A server that hears nothing of its log is asked until it does: nothing else would say so. */
  private aged(seconds: number): void {
    this.logAgeSeconds = seconds;
    this.cancelAge?.();
    if (seconds > 0) this.cancelAge = this.around.setTimer(() => this.send({ type: "ping" }), kAskAgeEveryMs);
    this.update();
  }

  private subscribe(followed: Followed): void {
    followed.id = this.nextId++;
    followed.phase = "asked";
    const after = followed.cursor === undefined ? {} : { after: followed.cursor };
    this.send({ type: "subscribe", id: followed.id, stream: followed.stream, ...after });
  }

  private send(message: ClientMessage): void {
    if (this.isOpen) this.socket?.send(JSON.stringify(message));
  }

  private take(message: ServerMessage): void {
    switch (message.type) {
      case "pong":
        return this.aged(message.age_seconds ?? 0);
      case "unsubscribed":
        return;
      case "error":
        return this.failed(message.id, message.code, message.detail);
      default:
        break;
    }
    const followed = this.streams.get(message.stream);
    if (!followed || followed.phase === "refused") return;
    if (message.type === "subscribed") return this.opened(followed, message);
    // Until our own subscription stands, what comes is of one before it on this socket, which ends; or ours has ended
    // before it stood, which nothing else would say.
    if (followed.phase === "asked" && message.type === "closed") return this.closed(followed, message.code, true);
    if (followed.phase !== "open") return;
    followed.cursor = message.cursor;
    if (message.type === "closed") return this.closed(followed, message.code);
    for (const sink of followed.sinks)
      if (message.type === "snapshot") sink.snapshot(message.data, message.cursor);
      else sink.event(message.data, message.cursor);
  }

  private opened(followed: Followed, message: { id: number; recovered: boolean; cursor: string }): void {
    if (message.id !== followed.id) return;
    this.attempts = 0;
    const whole = message.recovered || followed.cursor === undefined;
    followed.phase = "open";
    followed.cursor = message.cursor;
    followed.fresh = false;
    followed.refusals = 0;
    for (const sink of followed.sinks) sink.opened(whole, message.cursor);
    this.update();
  }

  private failed(id: number | undefined, code: string, detail: string): void {
    for (const followed of this.streams.values()) {
      if (followed.id !== id || followed.phase !== "asked") continue;
      if (!isTransient(code)) {
        this.refuse(followed, code, detail);
        continue;
      }
      followed.refusals += 1;
      if (isPutOff(followed)) for (const sink of followed.sinks) sink.refused(code, detail);
      this.later(followed);
    }
  }

  private closed(followed: Followed, code: string, mayStand = false): void {
    followed.phase = "asked";
    if (isTransient(code)) return this.later(followed, mayStand);
    this.refuse(followed, code, code);
    this.around.doubt();
  }

  private refuse(followed: Followed, code: string, detail: string): void {
    followed.phase = "refused";
    followed.refusal = { code, detail };
    for (const sink of followed.sinks) sink.refused(code, detail);
    this.update();
  }

  /** `mayStand`: what was closed may be one before it, so that the server still has it; two of one stream it refuses. */
  private later(followed: Followed, mayStand = false): void {
    const { id } = followed;
    this.update();
    this.around.setTimer(() => {
      // Another socket may have asked for it meanwhile, under another number.
      if (!this.isOpen || this.streams.get(followed.stream) !== followed || followed.phase !== "asked" || followed.id !== id) return;
      if (mayStand) this.send({ type: "unsubscribe", id });
      this.subscribe(followed);
    }, kTellAgainMs);
  }

  private update(): void {
    const asked = [...this.streams.values()].filter((followed) => followed.phase === "asked" && !isPutOff(followed));
    const isConnected = this.isOpen && asked.length === 0;
    const isOld = this.logAgeSeconds > kLogAgeMaxSeconds;
    const next: LinkStatus = isConnected ? (isOld ? "stale" : "live") : this.isLate ? "stale" : "resuming";
    if (isConnected) {
      this.cancelLate?.();
      this.cancelLate = undefined;
      this.isLate = false;
    }
    // A stream that is asked for on an open socket comes in a moment: that is no news for who reads the page.
    if (this.isOpen && this.status === "live" && asked.length > 0 && asked.every((followed) => followed.fresh)) return;
    this.status = next;
    for (const listener of this.listeners) listener();
  }
}

/** Calls `run` each time that the link has become live, until the function that is answered is called. */
export function whenLive(link: Link, run: () => void): () => void {
  let before = link.getStatus();
  return link.listen(() => {
    const status = link.getStatus();
    if (status === "live" && before !== "live") run();
    before = status;
  });
}

const isPutOff = (followed: Followed) => followed.refusals > 1;
