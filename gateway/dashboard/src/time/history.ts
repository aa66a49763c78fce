import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, body, type CloudEvent } from "@/api/client";
import { markOf, nextOf, placeIn, previousOf, type Course } from "./course";

const kPage = 1_000;
const kEventsMax = 20_000;

async function readHistory(id: string, signal: AbortSignal): Promise<CloudEvent[]> {
  const events: CloudEvent[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await body(api.GET("/api/v1/deployments/{id}/events", { params: { path: { id }, query: { limit: kPage, ...(after ? { after } : {}) } }, signal }));
    events.push(...page.items);
    if (page.items.length < kPage || events.length >= kEventsMax) return events;
    after = page.next_cursor;
  }
}

/** All events of one deployment; read again when its version says that there are more. */
export function useHistory(id: string, version: number | undefined) {
  return useQuery({
    queryKey: ["deployments", id, "events", "whole", version],
    queryFn: ({ signal }) => readHistory(id, signal),
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
