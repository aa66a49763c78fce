import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { whenLive, type Link, type LinkStatus } from "./link";
import { LiveStore, type LiveSource, type LiveView, type Scheduler } from "./live_store";

const kLingerMs = 5_000;
const kOldStoresMax = 40;
/** Rows and lines of all stores that nobody looks at: some ten megabytes. */
const kOldRowsMax = 50_000;

/** Keeps what was known over a reload of the page. */
export interface Keeper {
  seed(key: string): { state: unknown; asOf: number } | undefined;
  seeds(prefix: string): { state: unknown; asOf: number }[];
  note(key: string, look: () => { state: unknown; asOf: number } | undefined): void;
}

interface Entry {
  store: LiveStore<unknown>;
  users: number;
  cancel?: () => void;
}

/** All stores of the page. What nobody looks at any more is kept for a while, to be shown while it is read anew. */
export class LiveStores {
  private readonly stores = new Map<string, Entry>();

  constructor(
    readonly link: Link,
    private readonly schedule: Scheduler,
    private readonly keeper?: Keeper,
  ) {
    whenLive(link, () => {
      for (const { store } of this.stores.values()) store.hurry();
    });
  }

  get<S>(source: LiveSource<S>): LiveStore<S> {
    let entry = this.stores.get(source.key);
    if (!entry) {
      entry = { store: this.made(source) as unknown as LiveStore<unknown>, users: 0 };
      // What is made is about to be looked at, and no old one.
      this.forgetOld();
      this.stores.set(source.key, entry);
    }
    return entry.store as unknown as LiveStore<S>;
  }

  private made<S>(source: LiveSource<S>): LiveStore<S> {
    if (!source.keep || !this.keeper) return new LiveStore<S>(source, this.link, this.schedule);
    const { keeper } = this;
    const known = (keeper.seed(source.key) as { state: S; asOf: number } | undefined) ?? source.known?.((prefix) => keeper.seeds(prefix));
    const store = new LiveStore<S>(source, this.link, this.schedule, undefined, known);
    store.listen(() => keeper.note(source.key, () => {
      const { state, asOf, phase } = store.getView();
      return state === undefined || asOf === undefined || phase !== "current" || !source.keep ? undefined : { state: source.keep(state), asOf };
    }));
    return store;
  }

  acquire(key: string): () => void {
    const entry = this.stores.get(key);
    if (!entry) return () => undefined;
    entry.cancel?.();
    entry.users += 1;
    entry.store.start();
    return () => {
      entry.users -= 1;
      if (entry.users > 0) return;
      // Who goes to the next page and back need not wait.
      const timer = setTimeout(() => this.leave(key, entry), kLingerMs);
      entry.cancel = () => clearTimeout(timer);
    };
  }

  /** Everything of the one who was signed in. */
  clear(): void {
    for (const entry of this.stores.values()) entry.store.stop();
    this.stores.clear();
  }

  private leave(key: string, entry: Entry): void {
    entry.store.stop();
    if (this.stores.get(key) !== entry) return;
    // The newest one that was left is the last to be forgotten.
    this.stores.delete(key);
    this.stores.set(key, entry);
    this.forgetOld();
  }

  private forgetOld(): void {
    const old = [...this.stores].filter(([, { store, users }]) => users === 0 && !store.isFollowing);
    let rows = old.reduce((sum, [, { store }]) => sum + store.size, 0);
    for (const [key, { store }] of old) {
      if (this.stores.size <= kOldStoresMax && rows <= kOldRowsMax) return;
      rows -= store.size;
      this.stores.delete(key);
    }
  }
}

export const LiveContext = createContext<LiveStores | undefined>(undefined);

export function useLiveStores(): LiveStores {
  const stores = useContext(LiveContext);
  if (!stores) throw new Error("useLive is used outside of LiveContext");
  return stores;
}

export function useLinkStatus(): LinkStatus {
  const { link } = useLiveStores();
  return useSyncExternalStore(link.listen, link.getStatus);
}

/** How long the server has heard nothing of its log, in seconds; 0 in ordinary times. */
export function useLogAge(): number {
  const { link } = useLiveStores();
  return useSyncExternalStore(link.listen, link.getLogAge);
}

export interface Live<S> extends LiveView<S> {
  link: LinkStatus;
  /** What is shown may have been overtaken: nothing is heard, or it was never read to the end. */
  isStale: boolean;
  store: LiveStore<S>;
}

const unheard = { code: "network", detail: "no answer from the server" };

/** Follows `source` while the component is there. Frames are shown together, at most once for each frame that is drawn. */
export function useLive<S>(source: LiveSource<S>): Live<S> {
  const stores = useLiveStores();
  const link = useLinkStatus();
  const store = stores.get(source);
  useEffect(() => {
    stores.get(source);
    return stores.acquire(source.key);
    // The key is the identity of the source.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [stores, source.key]);
  const view = useSyncExternalStore(store.listen, store.getView);
  const isStale = link === "stale" || view.phase === "old" || (view.phase === "failed" && view.state !== undefined);
  // Without a server there is nothing to wait for: what is not known is said not to be.
  const isLost = link === "stale" && view.phase === "loading";
  return { ...view, ...(isLost ? { phase: "failed", failure: unheard } : {}), link, isStale, store };
}

/** Seconds of a clock that ticks only while somebody looks at it. */
export function useNow(everyMs: number, enabled = true): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!enabled) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, enabled]);
  return now;
}
