import type { Session } from "@/session/session_api";

/** What was known of one thing, and when the newest news in it came (ms since 1970). */
export interface KeptState {
  key: string;
  state: unknown;
  asOf: number;
}

/** Whose it is: everything here belongs to one session, and goes with it. */
interface Owner {
  id: "owner";
  session: Session;
}

const kName = "computehub";
const kStatesMax = 40;

export const ownerOf = (session: Session): string => `${session.principal.id} ${session.session ?? ""}`;

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("IndexedDB"));
  });
}

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= (() => {
    const request = indexedDB.open(kName, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("owner", { keyPath: "id" });
      request.result.createObjectStore("states", { keyPath: "key" }).createIndex("asOf", "asOf");
    };
    return done(request);
  })();
  return opened;
}

async function change<T>(work: (owner: IDBObjectStore, states: IDBObjectStore) => Promise<T>): Promise<T> {
  const transaction = (await open()).transaction(["owner", "states"], "readwrite");
  const end = ended(transaction);
  const result = await work(transaction.objectStore("owner"), transaction.objectStore("states"));
  await end;
  return result;
}

const ownerIn = async (owner: IDBObjectStore) => (await done(owner.get("owner") as IDBRequest<Owner | undefined>))?.session;

/** From now on what is kept is this session's; what was another's goes. */
export const own = (session: Session): Promise<void> =>
  change(async (owner, states) => {
    const before = await ownerIn(owner);
    if (!before || ownerOf(before) !== ownerOf(session)) states.clear();
    owner.put({ id: "owner", session } satisfies Owner);
  });

/** Keeps states of `session`; nothing when it is not its any more: another tab has signed out, or somebody else in. */
export const keep = (session: Session, kept: readonly KeptState[]): Promise<void> =>
  change(async (owner, states) => {
    const now = await ownerIn(owner);
    if (!now || ownerOf(now) !== ownerOf(session)) return;
    for (const one of kept) states.put(one);
    const tooMany = (await done(states.count())) - kStatesMax;
    if (tooMany > 0) for (const key of await done(states.index("asOf").getAllKeys(null, tooMany))) states.delete(key);
  });

/** Whose it is and what was known; undefined when nothing is kept. */
export const read = (): Promise<{ session: Session; states: KeptState[] } | undefined> =>
  change(async (owner, states) => {
    const session = await ownerIn(owner);
    return session && { session, states: await done(states.getAll() as IDBRequest<KeptState[]>) };
  });

export const forget = (): Promise<void> =>
  change((owner, states) => {
    owner.clear();
    states.clear();
    return Promise.resolve();
  });
