import type { CloudEvent } from "@/api/client";
import { isPosition, microsOf } from "./moment";

/** One event on the way through time. */
export interface Mark {
  /** The moment at which it is there, as addresses have it. */
  at: string;
  micros: number;
  /** "deployment.started" */
  type: string;
  subject: string;
  isBad: boolean;
}

/** The events through which one goes. */
export interface Course {
  /** The first of all, in microseconds; undefined until it is known. */
  begin: number | undefined;
  marks: readonly Mark[];
  /** The last event up to the moment, and the how-manieth it is where that is known. */
  here: (Mark & { n?: number; of?: number }) | undefined;
  hasPrevious: boolean;
  /** Moments of the events before and behind; undefined: there is none. */
  previous: () => Promise<string | undefined>;
  next: () => Promise<string | undefined>;
}

const bad = /\.(failed|unreachable)\.v\d+$/;
const shortType = (type: string) => type.replace(/^computehub\./, "").replace(/\.v\d+$/, "");

/** `at`: of an entity's own history its position, else when it was recorded. */
export const markOf = (event: CloudEvent, at: string): Mark => ({
  at,
  micros: microsOf(isPosition(at) ? event.time : at) ?? 0,
  type: shortType(event.type),
  subject: event.subject,
  isBad: bad.test(event.type),
});

/** How many of the marks, which ascend, are not behind `micros`. */
export function countUntil(marks: readonly Mark[], micros: number): number {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.micros ?? Infinity) <= micros) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Where a moment is in an entity's history: n at its n-th event, from 0; n + ½ behind it; -½ before all.
 * `version`: of the entity at that moment when it is known, 0 when it was not there. It says so exactly; times of events
 * are a little before they are recorded.
 */
export function placeIn(history: readonly Mark[], at: string, version?: number): number {
  if (isPosition(at)) {
    const known = history.findIndex((mark) => mark.at === at);
    if (known >= 0) return known;
  }
  return (version ?? countUntil(history, microsOf(at) ?? 0)) - 0.5;
}

/** The events to which one step leads from a place. */
export const previousOf = (history: readonly Mark[], place: number): Mark | undefined => history[Math.ceil(place) - 1];
export const nextOf = (history: readonly Mark[], place: number): Mark | undefined => history[Math.floor(place) + 1];

export interface Tick {
  /** 0 to 1 of the way. */
  place: number;
  count: number;
  isBad: boolean;
}

/** As many of `slots` places between two times as have events, and how many each has. */
export function ticksOf(marks: readonly Mark[], from: number, to: number, slots: number): Tick[] {
  const ticks = new Map<number, Tick>();
  for (const { micros, isBad } of marks) {
    if (micros < from || micros > to || to <= from) continue;
    const slot = Math.min(slots - 1, Math.floor(((micros - from) / (to - from)) * slots));
    const tick = ticks.get(slot) ?? { place: (slot + 0.5) / slots, count: 0, isBad: false };
    tick.count += 1;
    tick.isBad ||= isBad;
    ticks.set(slot, tick);
  }
  return [...ticks.values()].sort((a, b) => a.place - b.place);
}

/** Marks of several readings as one: ascending, each once. */
export function joined(...lists: readonly (readonly Mark[])[]): Mark[] {
  const all = new Map<string, Mark>();
  for (const mark of lists.flat()) all.set(`${mark.at} ${mark.subject} ${mark.type}`, mark);
  return [...all.values()].sort((a, b) => a.micros - b.micros);
}
