import { useRouter } from "@tanstack/react-router";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useSession } from "@/session/session";
import { keepViews, keptViews, listenToViews, viewsOf, type View } from "./views";

/** The views of who is signed in, in this browser. */
export function useViews(): { views: View[]; keep: (views: readonly View[]) => void } {
  const { state } = useSession();
  const owner = state.phase === "in" ? state.session.principal.id : "";
  const text = useSyncExternalStore(listenToViews, () => keptViews(owner));
  const keep = useCallback((views: readonly View[]) => keepViews(owner, views), [owner]);
  return useMemo(() => ({ views: viewsOf(text), keep }), [text, keep]);
}

/** Goes to an address of this page. */
export function useGo(): (address: string) => void {
  const router = useRouter();
  return useCallback((address: string) => router.history.push(address), [router]);
}
