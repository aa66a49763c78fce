import { MantineProvider, createTheme } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Problem } from "@/api/client";
import { beforeNextFrame, browserLink, hurryOnReturn } from "@/live/browser_link";
import { whenLive } from "@/live/link";
import { LiveContext, LiveStores } from "@/live/use_live";
import { kept } from "@/offline/kept";
import { keepQueries, restoreQueries } from "@/offline/queries";
import { SessionProvider, useSession } from "@/session/session";
import { router } from "./router";

// Colours and measures are in ui/theme.css; here only what components compute by script.
const theme = createTheme({
  primaryColor: "indigo",
  cursorType: "pointer",
  respectReducedMotion: true,
  // A menu has items and nothing else in it: what would take the focus at first is no item.
  components: { Menu: { defaultProps: { withInitialFocusPlaceholder: false } } },
});

const newQueries = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Infinity,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 3 && (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
      },
    },
  });

/** Whoever signs in after another finds a page that has never shown anything. */
function Sessions() {
  const { state } = useSession();
  const who = state.phase === "in" ? (state.session.session ?? state.session.principal.id) : undefined;
  return <Connected key={who ?? ""} isIn={who !== undefined} />;
}

/** The live connection is there while somebody is signed in. */
function Connected({ isIn }: { isIn: boolean }) {
  const { state, ask } = useSession();
  const [queries] = useState(newQueries);
  const [stores] = useState(() => new LiveStores(browserLink(() => void ask()), beforeNextFrame, kept));
  const isOld = state.phase === "in" && state.keptAt !== undefined;
  const wasOld = useRef(isOld);
  wasOld.current = isOld;
  useEffect(() => {
    if (!isIn) return undefined;
    if (wasOld.current) restoreQueries(queries, kept);
    const { link } = stores;
    // What could not be read while nobody answered is read again by itself.
    const ends = [keepQueries(queries, kept), hurryOnReturn(link), whenLive(link, () => void queries.invalidateQueries({ predicate: ({ state: { status } }) => status === "error" }))];
    link.start(wasOld.current);
    return () => {
      for (const end of ends) end();
      link.stop();
      stores.clear();
      queries.clear();
    };
  }, [isIn, stores, queries]);
  useEffect(() => {
    const write = () => void kept.write();
    const onHidden = () => document.visibilityState === "hidden" && write();
    window.addEventListener("pagehide", write);
    document.addEventListener("visibilitychange", onHidden);
    return () => {
      window.removeEventListener("pagehide", write);
      document.removeEventListener("visibilitychange", onHidden);
    };
  }, []);
  // The server answers again: who one is there, and what was kept is read anew.
  useEffect(() => {
    if (!isOld) return undefined;
    const { link } = stores;
    return link.listen(() => {
      if (link.getStatus() !== "live") return;
      kept.dropSeeds();
      void ask().then(() => queries.invalidateQueries());
    });
  }, [isOld, stores, queries, ask]);
  return (
    <QueryClientProvider client={queries}>
      <LiveContext value={stores}>
        <RouterProvider router={router} />
      </LiveContext>
    </QueryClientProvider>
  );
}

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <SessionProvider>
        <Sessions />
      </SessionProvider>
    </MantineProvider>
  );
}
