import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { onSessionEnded, Problem } from "@/api/client";
import { readSession, signIn as openSession, signOut as closeSession, type SignIn, type Session } from "./session_api";

export type Role = "host" | "viewer" | "dev" | "admin";
const order: Role[] = ["host", "viewer", "dev", "admin"];

export type SessionState =
  | { phase: "asking" }
  | { phase: "out"; isDev: boolean; wasIn: boolean }
  | { phase: "unknown"; detail: string }
  | { phase: "in"; session: Session };

interface SessionContext {
  state: SessionState;
  signIn(how: SignIn): Promise<void>;
  signOut(): Promise<void>;
  ask(): Promise<void>;
}

const Context = createContext<SessionContext | undefined>(undefined);

/** Who is signed in, by the cookie that the browser keeps and no script can read. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<SessionState>({ phase: "asking" });

  const ask = useCallback(async () => {
    try {
      const answer = await readSession();
      if (answer.session) setState({ phase: "in", session: answer.session });
      else setState((old) => ({ phase: "out", isDev: answer.isDev, wasIn: old.phase === "in" }));
    } catch (error) {
      // Who was signed in stays so, and sees what was known: the server may be away for a moment only.
      const detail = error instanceof Problem ? error.detail : String(error);
      setState((old) => (old.phase === "in" ? old : { phase: "unknown", detail }));
    }
  }, []);

  useEffect(() => {
    onSessionEnded(() => void ask());
    void ask();
  }, [ask]);

  const signIn = useCallback(async (how: SignIn) => setState({ phase: "in", session: await openSession(how) }), []);
  const signOut = useCallback(async () => {
    await closeSession();
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
