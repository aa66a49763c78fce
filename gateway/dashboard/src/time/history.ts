import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, body, type CloudEvent } from "@/api/client";
import { markOf, nextOf, placeIn, previousOf, type Course } from "./course";

const kPage = 1_000;
export const kEventsMax = 20_000;

interface Read {
  events: CloudEvent[];
  after: string | undefined;
}

/** Goes on behind what was read: the events of before stay as they are. */
async function readOn(id: string, { events, after }: Read, signal: AbortSignal): Promise<Read> {
  const read = { events: [...events], after };
  while (read.events.length < kEventsMax) {
    const query = { limit: kPage, ...(read.after ? { after: read.after } : {}) };
    const page = await body(api.GET("/api/v1/deployments/{id}/events", { params: { path: { id }, query }, signal }));
    read.events.push(...page.items);
    read.after = page.next_cursor;
    if (page.items.length < kPage) break;
  }
  return read;
}

/** All events of one deployment, ascending, the first 20,000 at most; read on when its version says that there are more. */
export function useHistory(id: string, version: number | undefined) {
  const queries = useQueryClient();
  const known = ["deployments", id, "events", "read"];
  return useQuery({
    queryKey: ["deployments", id, "events", "whole", version],
    queryFn: async ({ signal }) => {
      const read = await readOn(id, queries.getQueryData<Read>(known) ?? { events: [], after: undefined }, signal);
      queries.setQueryData(known, read);
      return read.events;
    },
    enabled: version !== undefined,
    placeholderData: keepPreviousData,
  });
}

/** The way through one deployment's events. `shown`: its version at the moment, 0 when it was not there, when known. */
export function useHistoryCourse(events: readonly CloudEvent[] | undefined, at: string, shown: number | undefined): Course & { micros: number | undefined } {
  return useMemo(() => {
    const marks = (events ?? []).map((event) => markOf(event, event.id));
    const place = placeIn(marks, at, shown);
    const here = marks[Math.floor(place)];
    return {
      begin: marks[0]?.micros,
      marks,
      here: here && { ...here, n: Math.floor(place) + 1, of: marks.length },
      hasPrevious: previousOf(marks, place) !== undefined,
      previous: () => Promise.resolve(previousOf(marks, place)?.at),
      next: () => Promise.resolve(nextOf(marks, place)?.at),
      micros: Number.isInteger(place) ? here?.micros : undefined,
    };
  }, [events, at, shown]);
}
