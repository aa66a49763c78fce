import { beforeEach, expect, test } from "vitest";
import type { Session } from "@/session/session_api";
import { ownerOf, type KeptState } from "./database";
import { isOver, Kept } from "./kept";

const session = (id: string, expires_at: string | null = null) => ({ principal: { id: "user:a" }, session: id, expires_at, dev: false }) as unknown as Session;
const [mine, other] = [session("ses_a"), session("ses_b")];

/** As database.ts, in memory. */
class FakeBase {
  owner: Session | undefined;
  states = new Map<string, KeptState>();
  own = (session: Session) => {
    if (!this.owner || ownerOf(this.owner) !== ownerOf(session)) this.states.clear();
    this.owner = session;
    return Promise.resolve();
  };
  keep = (session: Session, kept: readonly KeptState[]) => {
    if (this.owner && ownerOf(this.owner) === ownerOf(session)) for (const one of kept) this.states.set(one.key, one);
    return Promise.resolve();
  };
  read = () => Promise.resolve(this.owner && { session: this.owner, states: [...this.states.values()] });
  forget = () => {
    this.owner = undefined;
    this.states.clear();
    return Promise.resolve();
  };
}

let base: FakeBase;
let kept: Kept;
let due: (() => void)[];

beforeEach(() => {
  base = new FakeBase();
  due = [];
  kept = new Kept(base, (run) => {
    due.push(run);
    return () => (due = due.filter((one) => one !== run));
  });
});

test("However often something changes, it is looked at once when it is written", async () => {
  await kept.own(mine);
  let looks = 0;
  for (let i = 0; i < 100; ++i)
    kept.note("deployments", () => {
      looks += 1;
      return { state: i, asOf: i };
    });
  expect(due).toHaveLength(1);
  due[0]?.();
  expect(looks).toBe(1);
  expect(base.states.get("deployments")).toEqual({ key: "deployments", state: 99, asOf: 99 });
});

test("Without anybody signed in nothing is kept, and behind a sign-out nothing is left", async () => {
  kept.note("a", () => ({ state: 1, asOf: 1 }));
  expect(due).toEqual([]);
  await kept.own(mine);
  kept.note("a", () => ({ state: 1, asOf: 1 }));
  await kept.write();
  kept.note("b", () => ({ state: 2, asOf: 2 }));
  await kept.forget();
  for (const run of due) run();
  await kept.write();
  expect([base.states.size, base.owner, await kept.restore()]).toEqual([0, undefined, undefined]);
});

test("What was kept for another session is not there for this one", async () => {
  await kept.own(mine);
  kept.note("a", () => ({ state: 1, asOf: 1 }));
  await kept.write();
  await kept.own(other);
  expect(base.states.size).toBe(0);
});

test("A tab whose session has ended elsewhere writes nothing into what is now another's", async () => {
  await kept.own(mine);
  kept.note("a", () => ({ state: 1, asOf: 1 }));
  await base.own(other);
  await kept.write();
  expect(base.states.size).toBe(0);
});

test("After a reload the last state is there, with the moment it is from, until the session's end", async () => {
  await base.own(mine);
  await base.keep(mine, [{ key: "a", state: 1, asOf: 5 }, { key: "b", state: 2, asOf: 7 }]);
  expect(await kept.restore()).toEqual({ session: mine, asOf: 7 });
  expect(kept.seed("a")).toEqual({ key: "a", state: 1, asOf: 5 });
  await base.own(session("ses_c", "2020-01-01T00:00:00Z"));
  expect(await new Kept(base).restore()).toBeUndefined();
  expect(base.owner).toBeUndefined();
  expect(isOver(session("x", "2030-01-01T00:00:00Z"), Date.parse("2029-01-01"))).toBe(false);
});
