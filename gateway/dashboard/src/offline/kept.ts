import type { Session } from "@/session/session_api";
import * as database from "./database";
import { ownerOf, type KeptState } from "./database";

const kWriteEveryMs = 4_000;

/** Where a state can be read when it is to be kept; undefined: not worth it now. */
export type Look = () => Omit<KeptState, "key"> | undefined;

type Database = Pick<typeof database, "own" | "keep" | "read" | "forget">;

/** What was known is of use for as long as who knew it might have gone on to look. */
export function isOver(session: Session, now: number): boolean {
  return typeof session.expires_at === "string" && Date.parse(session.expires_at) <= now;
}

/**
 * The last known state of what the page shows, for a reload without a server. It is of one session, is never written without
 * one, and goes with it. A browser that keeps nothing is no failure: then there is nothing to show.
 */
export class Kept {
  private session: Session | undefined;
  private readonly changed = new Map<string, Look>();
  private readonly kept = new Map<string, KeptState>();
  private cancel: (() => void) | undefined;

  constructor(
    private readonly base: Database = database,
    private readonly later: (run: () => void, ms: number) => () => void = (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  ) {}

  /** Who is signed in: what is kept from now on is his, and what was kept for another goes. */
  async own(session: Session): Promise<void> {
    if (this.session && ownerOf(this.session) !== ownerOf(session)) {
      this.changed.clear();
      this.kept.clear();
    }
    this.session = session;
    await this.base.own(session).catch(() => undefined);
  }

  /** When the server does not answer: who was signed in, and from when the newest is that is known. */
  async restore(): Promise<{ session: Session; asOf: number } | undefined> {
    const kept = await this.base.read().catch(() => undefined);
    if (!kept) return undefined;
    if (isOver(kept.session, Date.now())) {
      await this.forget();
      return undefined;
    }
    this.session = kept.session;
    for (const state of kept.states) this.kept.set(state.key, state);
    return { session: kept.session, asOf: Math.max(0, ...kept.states.map(({ asOf }) => asOf)) };
  }

  /** Nothing is left of it, and nothing is kept any more. */
  async forget(): Promise<void> {
    this.session = undefined;
    this.changed.clear();
    this.kept.clear();
    this.cancel?.();
    this.cancel = undefined;
    await this.base.forget().catch(() => undefined);
  }

  /** What was kept of `key`. */
  seed(key: string): KeptState | undefined {
    return this.kept.get(key);
  }

  /** What was kept of all whose key begins so, the newest first. */
  seeds(prefix: string): KeptState[] {
    return [...this.kept.values()].filter(({ key }) => key.startsWith(prefix)).sort((a, b) => b.asOf - a.asOf);
  }

  /** What was restored has been read anew, or will be: it is not shown a second time. */
  dropSeeds(): void {
    this.kept.clear();
  }

  /** `key` has changed: it is looked at when it is written, which is not for each change. */
  note(key: string, look: Look): void {
    if (!this.session) return;
    this.changed.set(key, look);
    this.cancel ??= this.later(() => void this.write(), kWriteEveryMs);
  }

  /** Writes now what has changed: the page may be gone in a moment. */
  async write(): Promise<void> {
    this.cancel?.();
    this.cancel = undefined;
    const { session } = this;
    const states: KeptState[] = [];
    for (const [key, look] of this.changed) {
      const seen = look();
      if (seen) states.push({ key, ...seen });
    }
    this.changed.clear();
    if (session && states.length > 0) await this.base.keep(session, states).catch(() => undefined);
  }
}

export const kept = new Kept();
