import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { onSessionEnded, Problem } from "@/api/client";
import { kept } from "@/offline/kept";
import { readSession, signIn as openSession, signOut as closeSession, type SignIn, type Session } from "./session_api";

export type Role = "host" | "viewer" | "dev" | "admin";
const order: Role[] = ["host", "viewer", "dev", "admin"];

export type SessionState =
  | { phase: "asking" }
  | { phase: "out"; isDev: boolean; wasIn: boolean }
  | { phase: "unknown"; detail: string }
  /** `keptAt`: the server has not been heard since the page was loaded; what is shown was known then (ms since 1970). */
  | { phase: "in"; session: Session; keptAt?: number };

interface SessionContext {
  state: SessionState;
  signIn(how: SignIn): Promise<void>;
  signOut(): Promise<void>;
  ask(): Promise<void>;
}

const kLeaving = "computehub.leaving";
const isLeaving = () => localStorage.getItem(kLeaving) !== null;
const setLeaving = (is: boolean) => (is ? localStorage.setItem(kLeaving, "1") : localStorage.removeItem(kLeaving));

async function leave(): Promise<void> {
  await closeSession();
  setLeaving(false);
}

/** Of a server that is away, what this browser kept; of one that answers something else, nothing. */
function knownOf(error: unknown): Promise<{ session: Session; asOf: number } | undefined> {
  const isAway = error instanceof Problem && [0, 502, 503, 504].includes(error.status);
  return isAway ? kept.restore() : Promise.resolve(undefined);
}

const Context = createContext<SessionContext | undefined>(undefined);

/** Who is signed in, by the cookie that the browser keeps and no script can read. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<SessionState>({ phase: "asking" });

  const ask = useCallback(async () => {
    try {
      // A sign-out that the server did not hear is said to it before anything else.
      if (isLeaving()) await leave();
      const answer = await readSession();
      if (answer.session) {
        void kept.own(answer.session);
        setState({ phase: "in", session: answer.session });
      } else {
        await kept.forget();
        setState((old) => ({ phase: "out", isDev: answer.isDev, wasIn: old.phase === "in" }));
      }
    } catch (error) {
      const detail = error instanceof Problem ? error.detail : String(error);
      const known = isLeaving() ? undefined : await knownOf(error);
      // Who was signed in stays so, and sees what was known: the server may be away for a moment only.
      setState((old) => {
        if (isLeaving()) return { phase: "unknown", detail };
        if (old.phase === "in") return old;
        return known ? { phase: "in", session: known.session, keptAt: known.asOf } : { phase: "unknown", detail };
      });
    }
  }, []);

  useEffect(() => {
    // Many that are refused at once ask once.
    let isAsking = false;
    onSessionEnded(() => {
      if (isAsking) return;
      isAsking = true;
      void ask().finally(() => (isAsking = false));
    });
    void ask();
  }, [ask]);

  const signIn = useCallback(async (how: SignIn) => {
    const session = await openSession(how);
    setLeaving(false);
    void kept.own(session);
    setState({ phase: "in", session });
  }, []);
  const signOut = useCallback(async () => {
    // Gone from here first, whatever the server says to it.
    setLeaving(true);
    await kept.forget();
    await ask();
  }, [ask]);

  const value = useMemo(() => ({ state, signIn, signOut, ask }), [state, signIn, signOut, ask]);
  return <Context value={value}>{children}</Context>;
}

export function useSession(): SessionContext {
  const context = useContext(Context);
  if (!context) throw new Error("useSession is used outside of SessionProvider");
  return context;
}

/** Whether who is signed in has at least `role` in `project`; without a project: in any. */
export function useMay(): (role: Role, project?: string) => boolean {
  const { state } = useSession();
  const roles = state.phase === "in" ? state.session.principal.roles : undefined;
  return useCallback(
    (role, project) => {
      const had = project === undefined ? Object.values(roles ?? {}) : [roles?.[project], roles?.["*"]];
      return had.some((one) => one !== undefined && order.indexOf(one) >= order.indexOf(role));
    },
    [roles],
  );
}
