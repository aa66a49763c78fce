import { MantineProvider, createTheme } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Problem } from "@/api/client";
import { beforeNextFrame, browserLink } from "@/live/browser_link";
import { LiveContext, LiveStores } from "@/live/use_live";
import { SessionProvider, useSession } from "@/session/session";
import { router } from "./router";

// Colours and measures are in ui/theme.css; here only what components compute by script.
const theme = createTheme({ primaryColor: "indigo", cursorType: "pointer", respectReducedMotion: true });

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Infinity,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 3 && (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
    },
  },
});

/** The live connection is there while somebody is signed in. */
function Connected() {
  const { state, ask } = useSession();
  const [stores] = useState(() => new LiveStores(browserLink(() => void ask()), beforeNextFrame));
  const who = state.phase === "in" ? (state.session.session ?? state.session.principal.id) : undefined;
  useEffect(() => {
    if (who === undefined) return undefined;
    stores.link.start();
    return () => {
      stores.link.stop();
      stores.clear();
      queries.clear();
    };
  }, [who, stores]);
  return (
    <LiveContext value={stores}>
      <RouterProvider router={router} />
    </LiveContext>
  );
}

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={queries}>
        <SessionProvider>
          <Connected />
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
