/** How much time the slider spans, in microseconds; all: from the first event to now. */
export const spans = { all: Infinity, "7d": 604_800e6, "24h": 86_400e6, "1h": 3_600e6, "5m": 300e6 } as const;
export type SpanName = keyof typeof spans;
export const spanNames = Object.keys(spans) as SpanName[];

/** How near to an end of the slider a moment may come before the slider goes along, as a share of its span. */
const kMargin = 0.02;

/** The part of `begin` to `now` that a slider of a span shows with `middle` in the middle, as far as there is time on both sides. */
export function windowAround(name: SpanName, middle: number, begin: number, now: number): [number, number] {
  const span = spans[name];
  if (now - begin <= span) return [begin, now];
  const from = Math.max(begin, Math.min(middle - span / 2, now - span));
  return [from, from + span];
}

/** Whether a moment is so far in the window that it need not be moved; the ends of all time are in it. */
export function isInside(micros: number, [from, to]: readonly [number, number], begin: number, now: number): boolean {
  const margin = (to - from) * kMargin;
  return (micros >= from + margin || from <= begin) && (micros <= to - margin || to >= now) && micros >= from && micros <= to;
}
