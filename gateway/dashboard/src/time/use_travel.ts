import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useCallback } from "react";
import type { MomentSearch } from "./moment";

interface Travel {
  /** Shows the page as of a moment; undefined: as it is now. */
  go: (at: string | undefined, options?: { replace?: boolean }) => void;
  /** Shows what differs from another moment; undefined: the page itself. */
  compare: (than: string | undefined) => void;
  swap: () => void;
}

type Search = MomentSearch & Record<string, unknown>;

function without({ at: _, than: __, ...rest }: Search): Record<string, unknown> {
  return rest;
}

/** Moves the page that is shown through time. Moments stand in its address; of steps only the last is kept. */
export function useTravel(): Travel {
  const navigate = useNavigate();
  const set = useCallback(
    (change: (old: Search) => Record<string, unknown>, replace: boolean) => void navigate({ to: ".", search: change as never, replace, resetScroll: false }),
    [navigate],
  );
  const go = useCallback<Travel["go"]>(
    (at, { replace = true } = {}) => set((old) => (at === undefined ? without(old) : { ...old, at }), replace && at !== undefined),
    [set],
  );
  const compare = useCallback<Travel["compare"]>((than) => set((old) => ({ ...without(old), at: old.at, ...(than === undefined ? {} : { than }) }), true), [set]);
  const swap = useCallback(() => set((old) => ({ ...old, at: old.than, than: old.at }), true), [set]);
  return { go, compare, swap };
}

/** The moment that the page shows; undefined: now. Only pages that know the past have one. */
export function useShownMoment(): string | undefined {
  return useRouterState({ select: (state) => (state.matches.at(-1)?.search as MomentSearch | undefined)?.at });
}
