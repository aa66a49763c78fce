import { useEffect, useRef, useSyncExternalStore } from "react";

/** Something that can be done on the page in view, as the command palette offers it. */
export interface PageAction {
  id: string;
  label: string;
  run: () => void;
}

let offers: { key: object; actions: readonly PageAction[] }[] = [];
const listeners = new Set<() => void>();

function set(next: typeof offers): void {
  offers = next;
  for (const listener of listeners) listener();
}

/** Offers actions for as long as the component is there. Whoever offers only what would not be refused leaves the rest out. */
export function useOffer(actions: readonly PageAction[]): void {
  const latest = useRef(actions);
  latest.current = actions;
  const names = actions.map(({ id, label }) => `${id} ${label}`).join("\n");
  useEffect(() => {
    const key = {};
    // The latest is what is run: what it acts on may have changed since it was offered.
    const offered = latest.current.map(({ id, label }) => ({ id, label, run: () => latest.current.find((one) => one.id === id)?.run() }));
    if (offered.length > 0) set([...offers, { key, actions: offered }]);
    return () => set(offers.filter((one) => one.key !== key));
  }, [names]);
}

const listen = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

let flat: { of: typeof offers; actions: PageAction[] } = { of: [], actions: [] };
function all(): PageAction[] {
  if (flat.of !== offers) flat = { of: offers, actions: offers.flatMap(({ actions }) => actions) };
  return flat.actions;
}

export const usePageActions = (): PageAction[] => useSyncExternalStore(listen, all);
