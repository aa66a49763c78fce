import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useThrottledValue } from "@mantine/hooks";
import { useMemo } from "react";
import { api, body } from "@/api/client";
import { useEventsOf } from "@/live/use_events";
import { countUntil, joined, markOf, type Course, type Mark } from "./course";
import { microsOf, timeOf } from "./moment";

const kType = "computehub.deployment.";
const kMarks = 1_000;
const kAround = 300;
/** Events may come by the hundred a second; the ticks of them need not. */
const kTicksEveryMs = 2_000;
const kBeginning = "1970-01-01T00:00:01Z";

type Direction = "back" | "on";

const read = (at: string, direction: Direction, limit: number, signal?: AbortSignal) =>
  body(api.GET("/api/v1/events/timeline", { params: { query: { at, direction, limit, type: kType } }, signal: signal ?? null }));

type Page = Awaited<ReturnType<typeof read>>;
const marksOf = (page: Page) => page.items.map(({ event, recorded_at }) => markOf(event, recorded_at));

/** The event of a deployment before or behind a moment, however many others lie between; undefined: there is none. */
export async function nearest(at: string, direction: Direction, signal?: AbortSignal): Promise<Mark | undefined> {
  for (let from: string | null = at; from !== null; ) {
    const page: Page = await read(from, direction, 1, signal);
    const marks = marksOf(page);
    const found = direction === "back" ? marks.at(-1) : marks[0];
    if (found) return found;
    from = page.whole_to;
  }
  return undefined;
}

/** The last events up to a moment, itself included, newest first. */
export async function eventsUntil(at: string, limit: number, signal?: AbortSignal): Promise<Mark[]> {
  return marksOf(await read(justBehind(at), "back", limit, signal)).reverse().slice(0, limit);
}

const justBehind = (at: string) => timeOf((microsOf(at) ?? 0) + 1);

/** The way through the events of all deployments that one may see. */
export function useRecord(at: string): Course {
  const micros = microsOf(at) ?? 0;
  const { count } = useEventsOf(kType);
  const news = useThrottledValue(count, kTicksEveryMs);
  const first = useQuery({
    queryKey: ["timeline", "first"],
    queryFn: async ({ signal }) => (await nearest(kBeginning, "on", signal)) ?? null,
    // The first event stays the first, once there is one.
    staleTime: ({ state }) => (state.data ? Infinity : 0),
  });
  const newest = useQuery({
    queryKey: ["timeline", "newest", news],
    queryFn: async ({ signal }) => {
      const page = await read(new Date(Date.now() + 60_000).toISOString(), "back", kMarks, signal);
      return { marks: marksOf(page), wholeFrom: page.whole_to === null ? 0 : (microsOf(page.whole_to) ?? 0) };
    },
    refetchOnMount: "always",
    placeholderData: keepPreviousData,
  });
  const isBefore = newest.data !== undefined && micros < newest.data.wholeFrom;
  const around = useQuery({
    queryKey: ["timeline", "around", at],
    queryFn: async ({ signal }) => joined(...(await Promise.all([read(justBehind(at), "back", kAround, signal), read(at, "on", kAround, signal)])).map(marksOf)),
    enabled: isBefore,
    placeholderData: keepPreviousData,
  });
  return useMemo(() => {
    const known = newest.data?.marks ?? [];
    const wholeFrom = newest.data?.wholeFrom ?? Infinity;
    const isHere = micros >= wholeFrom && micros <= (known.at(-1)?.micros ?? 0);
    const reached = countUntil(known, micros);
    return {
      begin: first.data?.micros,
      marks: isBefore && around.data ? joined(around.data, known) : known,
      here: isBefore ? around.data?.[countUntil(around.data, micros) - 1] : known[reached - 1],
      hasPrevious: first.data ? micros > first.data.micros : first.data !== null,
      // What is here was read without a gap; else the server knows.
      previous: async () => (isHere ? known[countUntil(known, micros - 1) - 1] : undefined)?.at ?? (await nearest(at, "back"))?.at,
      next: async () => (isHere ? known[reached] : undefined)?.at ?? (await nearest(at, "on"))?.at,
    };
  }, [first.data, newest.data, around.data, isBefore, micros, at]);
}
