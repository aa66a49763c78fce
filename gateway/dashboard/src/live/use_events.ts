import { useMemo } from "react";
import type { CloudEvent } from "@/api/client";
import type { LiveSource } from "./live_store";
import { useLive } from "./use_live";

interface Seen {
  count: number;
}

/**
 * Counts the events of a type, by its beginning, that have come since somebody looked: lists without a stream of their
 * own are read again when it grows.
 */
export function useEventsOf(prefix: string): Seen & { isStale: boolean } {
  const live = useLive<Seen>(
    useMemo<LiveSource<Seen>>(
      () => ({
        key: `events/${prefix}`,
        stream: "events",
        // The stream has no snapshot: what happened between the reading and its beginning, or in a gap, is not told.
        begin: (previous) => ({ count: (previous?.count ?? 0) + 1 }),
        event: (seen, data) => ((data as CloudEvent).type.startsWith(prefix) ? { count: seen.count + 1 } : seen),
      }),
      [prefix],
    ),
  );
  return { count: live.state?.count ?? 0, isStale: live.isStale };
}
