import { useEffect } from "react";
import { backoffMs } from "@/live/backoff";

/** Reads a list on for as long as `isNeeded`, page by page; `read`: how many rows are here. A page that fails is waited for. */
export function useWhole(more: () => void, isNeeded: boolean, read: number): void {
  useEffect(() => (isNeeded ? repeat(more) : undefined), [more, isNeeded, read]);
}

/** Asks at once, and again ever later until it is ended. */
export function repeat(ask: () => void): () => void {
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout>;
  const go = () => {
    ask();
    timer = setTimeout(go, 4 * backoffMs(attempt++));
  };
  go();
  return () => clearTimeout(timer);
}
