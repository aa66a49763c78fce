import { backoffMs } from "./backoff";
import type { Link, Sink } from "./link";

/** Where a state comes from, and how frames change it. */
export interface LiveSource<S> {
  /** Names the state; two sources of one key are the same. */
  key: string;
  stream: string;
  /**
   * Reads the state over HTTP, at least as new as `minPosition`; `cursor` is where it stands. Absent: the stream's
   * snapshot is the state.
   */
  load?(options: { minPosition?: string; signal: AbortSignal }): Promise<{ state: S; cursor: string }>;
  /**
   * Of a source that is read: whether its stream sends a snapshot behind a gap. Only with the snapshot comes a cursor
   * that something can be read from.
   */
  hasSnapshot?: boolean;
  snapshot?(data: unknown, previous: S | undefined): S;
  /** The state when the stream begins, or begins anew after a gap, of streams that have no snapshot. */
  begin?(previous: S | undefined): S;
  event(state: S, data: unknown): S;
  /** How many rows or lines it has, when they can be many. */
  size?(state: S): number;
  /** What of it may be kept in the browser, to be shown after a reload without a server. Absent: nothing. */
  keep?(state: S): S;
  /** The state as far as others that were kept know it, of whose keys `kept` is given the beginning. */
  known?(kept: (prefix: string) => { state: unknown; asOf: number }[]): { state: S; asOf: number } | undefined;
}

export interface LiveView<S> {
  state: S | undefined;
  /** When the newest news in it came, in ms since 1970; undefined before there is any. */
  asOf: number | undefined;
  /** old: what was known when it was last followed. */
  phase: "loading" | "current" | "old" | "failed";
  failure: { code: string; detail: string } | undefined;
}

/** Runs `flush` once for all that has come until then: before the next frame is drawn. */
export type Scheduler = (flush: () => void) => void;

const setTimer = (run: () => void, ms: number) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** Follows one source while somebody looks, and folds its frames into one state. */
export class LiveStore<S> implements Sink {
  private view: LiveView<S> = { state: undefined, asOf: undefined, phase: "loading", failure: undefined };
  private draft: LiveView<S> = this.view;
  private readonly listeners = new Set<() => void>();
  private held: unknown[] | undefined;
  private loading: AbortController | undefined;
  private detach: (() => void) | undefined;
  private scheduled = false;
  private failures = 0;
  /** Nobody has looked for a while: what happened meanwhile is not known. */
  private wasAway = false;
  private hasGivenUp = false;
  private cancelRetry: (() => void) | undefined;

  constructor(
    readonly source: LiveSource<S>,
    private readonly link: Link,
    private readonly schedule: Scheduler,
    private readonly later: (run: () => void, ms: number) => () => void = setTimer,
    known?: { state: S; asOf: number },
  ) {
    if (known) this.view = this.draft = { ...this.view, ...known, phase: "old" };
  }

  get isFollowing(): boolean {
    return this.detach !== undefined;
  }

  get size(): number {
    const { state } = this.draft;
    return state === undefined ? 0 : (this.source.size?.(state) ?? 0);
  }

  getView = (): LiveView<S> => this.view;

  listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    if (this.detach) return;
    this.hasGivenUp = false;
    this.set({ phase: this.draft.state === undefined ? "loading" : "old", failure: undefined });
    this.detach = this.link.attach(this.source.stream, this);
    if (this.source.load) void this.reload();
    else if (this.source.begin && this.link.cursorOf(this.source.stream) !== undefined) this.opened(!this.wasAway);
    else this.link.begin(this.source.stream);
  }

  stop(): void {
    this.detach?.();
    this.detach = undefined;
    this.loading?.abort();
    this.cancelRetry?.();
    this.held = undefined;
    this.wasAway = true;
    this.hasGivenUp = false;
    if (this.draft.phase !== "failed") this.set({ phase: this.draft.state === undefined ? "loading" : "old" });
  }

  /** The server answers again: what could not be read is read now, and not when its turn has come. */
  hurry(): void {
    if (this.hasGivenUp) this.start();
    else if (this.detach && this.draft.phase === "failed" && this.cancelRetry) void this.reload();
  }

  /** Asks for an answer that knows all that has been folded here. */
  atLeastNow(): { min_pos?: string } {
    const known = this.link.cursorOf(this.source.stream);
    return known === undefined ? {} : { min_pos: known };
  }

  /** Changes the state by what was learnt elsewhere, as from a page further down. */
  update(change: (state: S) => S): void {
    if (this.draft.state !== undefined) this.set({ state: change(this.draft.state) });
  }

  /** Reads the state anew. Frames that come meanwhile are kept, and folded into what was read. */
  async reload(): Promise<void> {
    const { load, stream } = this.source;
    if (!load) return;
    this.loading?.abort();
    this.cancelRetry?.();
    this.cancelRetry = undefined;
    const loading = new AbortController();
    this.loading = loading;
    this.held = [];
    try {
      for (;;) {
        const known = this.link.cursorOf(stream);
        const position = known === undefined ? {} : { minPosition: known };
        const { state, cursor } = await load({ ...position, signal: loading.signal });
        if (loading.signal.aborted) return;
        // Another has begun the stream meanwhile, perhaps behind what was read here: read again, from there on.
        if (known === undefined && this.link.cursorOf(stream) !== undefined) continue;
        const held = this.held ?? [];
        this.failures = 0;
        this.held = undefined;
        this.set({ state: held.reduce(this.source.event, state), asOf: Date.now(), phase: "current", failure: undefined });
        this.link.begin(stream, cursor);
        return;
      }
    } catch (error) {
      if (loading.signal.aborted) return;
      this.set({ phase: "failed", failure: failureOf(error) });
      if (mayPass(error)) this.cancelRetry = this.later(() => void this.reload(), backoffMs(this.failures++));
      else this.giveUp();
    }
  }

  /** What is not read again by itself has nothing to fold frames into. The next connection, or who looks next, begins anew. */
  private giveUp(): void {
    this.hasGivenUp = true;
    this.detach?.();
    this.detach = undefined;
    this.held = undefined;
  }

  opened(whole: boolean): void {
    if (this.source.begin) {
      const { state } = this.draft;
      const isAnew = state === undefined || !whole || this.wasAway;
      this.wasAway = false;
      this.set({ state: isAnew ? this.source.begin(state) : state, asOf: Date.now(), phase: "current", failure: undefined });
    } else if (this.source.load) {
      if (!whole && this.source.hasSnapshot) this.held ??= [];
      else if (!whole) void this.reload();
      else if (!this.held) this.set({ asOf: Date.now(), phase: "current", failure: undefined });
    } else if (this.draft.state !== undefined) {
      this.set({ asOf: Date.now(), phase: "current", failure: undefined });
    }
  }

  snapshot(data: unknown): void {
    // Of a list the snapshot is only its newest part, but it says from where on the whole can be read.
    if (this.source.load) return void this.reload();
    if (!this.source.snapshot) return;
    const state = this.source.snapshot(data, this.draft.state);
    this.set({ state, asOf: Date.now(), phase: "current", failure: undefined });
  }

  event(data: unknown): void {
    if (this.held) this.held.push(data);
    else if (this.draft.state !== undefined) this.set({ state: this.source.event(this.draft.state, data), asOf: Date.now() });
  }

  refused(code: string, detail: string): void {
    this.set({ phase: "failed", failure: { code, detail } });
  }

  private set(change: Partial<LiveView<S>>): void {
    this.draft = { ...this.draft, ...change };
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => {
      this.scheduled = false;
      this.view = this.draft;
      for (const listener of this.listeners) listener();
    });
  }
}

function failureOf(error: unknown): { code: string; detail: string } {
  if (error !== null && typeof error === "object" && "code" in error && "detail" in error)
    return { code: String(error.code), detail: String(error.detail) };
  return { code: "network", detail: error instanceof Error ? error.message : String(error) };
}

/** No answer at all, one that says that the server cannot now, or that of a log which it has put aside meanwhile. */
export function mayPass(error: unknown): boolean {
  if (error !== null && typeof error === "object" && "status" in error)
    return error.status === 0 || Number(error.status) >= 500 || error.status === 429 || ("code" in error && String(error.code).startsWith("cursor."));
  return error instanceof Error;
}
