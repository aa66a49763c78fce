/** Presets of the time that charts show up to now, in seconds. */
export const ranges = { "5m": 300, "15m": 900, "1h": 3_600, "6h": 21_600, "24h": 86_400 } as const;
export type RangeName = keyof typeof ranges;
export const rangeNames = Object.keys(ranges) as RangeName[];
export const kRangeDefault: RangeName = "5m";

/** What the address says of the charts: a preset, or from when to when (RFC 3339). */
export interface MetricSearch {
  range?: RangeName;
  from?: string;
  to?: string;
}

/** Seconds since 1970. */
export type Range = [number, number];

const kTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const secondsOf = (value: unknown) => (typeof value === "string" && kTime.test(value) ? Date.parse(value) / 1000 : NaN);

/** Leaves out what is no preset, and times that are none or lie in no order. */
export function metricSearchOf(search: Record<string, unknown>): MetricSearch {
  const range = rangeNames.find((name) => name === search.range);
  const isOrdered = secondsOf(search.from) < secondsOf(search.to);
  return { ...(range ? { range } : {}), ...(isOrdered ? { from: search.from as string, to: search.to as string } : {}) };
}

export const zoomOf = ({ from, to }: MetricSearch): Range | undefined => (from && to ? [Date.parse(from) / 1000, Date.parse(to) / 1000] : undefined);

export const searchOf = (range: RangeName, zoom: Range | undefined): MetricSearch => ({
  ...(range === kRangeDefault ? {} : { range }),
  ...(zoom ? { from: new Date(Math.round(zoom[0] * 1000)).toISOString(), to: new Date(Math.round(zoom[1] * 1000)).toISOString() } : {}),
});

const kSecondsMin = 5;
const kSecondsMax = ranges["24h"];

/** Moved by a share of its length; to the right for a positive one. */
export const moved = ([from, to]: Range, share: number): Range => [from + (to - from) * share, to + (to - from) * share];

/** Made longer by `factor`, with the time at `share` of it where it is. */
export function stretched([from, to]: Range, factor: number, share: number): Range {
  const seconds = Math.max(kSecondsMin, Math.min(kSecondsMax, (to - from) * factor));
  const at = from + (to - from) * share;
  return [at - seconds * share, at + seconds * (1 - share)];
}

/** Not beyond now, of which there are no samples yet. */
export const upTo = ([from, to]: Range, now: number): Range => (to > now ? [from - (to - now), now] : [from, to]);

/** The last `seconds`. A sample may be newer than the browser's clock is; it is shown. */
export function liveRange(seconds: number, now: number, newest: number | undefined): Range {
  const to = Math.max(now, newest ?? 0);
  return [to - seconds, to];
}
