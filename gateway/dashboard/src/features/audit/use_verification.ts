import { useCallback, useEffect, useRef, useState } from "react";
import { Problem } from "@/api/client";
import { verifyAudit, type AuditProgress, type AuditResult } from "./verify";

export type Verification =
  | { phase: "running"; progress?: AuditProgress }
  | { phase: "done"; result: AuditResult }
  | { phase: "refused"; failure: { code: string; detail: string } }
  /** It ended without a result. */
  | { phase: "cut" };

/** One verification at a time; it is broken off with `stop`, and when the page goes. */
export function useVerification() {
  const [state, setState] = useState<Verification>();
  const running = useRef<AbortController>(undefined);

  const stop = useCallback(() => {
    running.current?.abort();
    running.current = undefined;
  }, []);
  useEffect(() => stop, [stop]);

  const start = useCallback(async () => {
    stop();
    const control = new AbortController();
    running.current = control;
    const set = (next: Verification) => running.current === control && setState(next);
    set({ phase: "running" });
    try {
      for await (const line of verifyAudit(control.signal)) {
        if (line.kind === "progress") set({ phase: "running", progress: line });
        if (line.kind === "result") return set({ phase: "done", result: line });
      }
      set({ phase: "cut" });
    } catch (error) {
      set(error instanceof Problem && error.code !== "network" ? { phase: "refused", failure: error } : { phase: "cut" });
    }
  }, [stop]);

  return { state, start, stop };
}
