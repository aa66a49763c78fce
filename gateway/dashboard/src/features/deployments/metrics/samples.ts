import type { Schemas } from "@/api/client";

export type MetricName = Schemas["MetricSeries"]["name"];
type Series = Schemas["Metrics"]["series"][number];
/** As the API answers it; its generated type says less of points than it knows. */
type Metrics = { series: (Omit<Series, "points"> & { points: unknown[] })[]; gpu?: string };

type Values = Partial<Record<MetricName, (number | null)[]>>;

/** Points of each metric by time, in seconds since 1970; null is a gap. */
export interface Samples {
  times: number[];
  values: Values;
  gpu: string | undefined;
  /** Up to this time points may be missing that the server has; undefined: none are. */
  holeTo?: number;
}

/** What is followed is kept so long; what was before is read. */
const kLiveSeconds = 3_600;
const counters = new Set<MetricName>(["network_rx_bytes", "network_tx_bytes", "disk_read_bytes", "disk_write_bytes"]);
export const isCounter = (name: MetricName): boolean => counters.has(name);

function samplesOf({ series, gpu }: Metrics): Samples {
  const known = series.map(({ name, points }) => ({ name, at: new Map((points as [string, number | null][]).map(([instant, value]) => [Date.parse(instant) / 1000, value])) }));
  const times = [...new Set(known.flatMap(({ at }) => [...at.keys()]))].sort((a, b) => a - b);
  const values: Values = {};
  for (const { name, at } of known) values[name] = times.map((time) => at.get(time) ?? null);
  return { times, values, gpu };
}

/** Both by time, each time once; where both have one, what `newer` says of it counts. */
export function joined(older: Samples | undefined, newer: Samples): Samples {
  if (!older) return newer;
  const times: number[] = [];
  const from: [number, number][] = [];
  for (let [one, other] = [0, 0]; one < older.times.length || other < newer.times.length; ) {
    const [a, b] = [older.times[one] ?? Infinity, newer.times[other] ?? Infinity];
    times.push(Math.min(a, b));
    from.push([a <= b ? one++ : -1, b <= a ? other++ : -1]);
  }
  const values: Values = {};
  for (const name of new Set([...Object.keys(older.values), ...Object.keys(newer.values)] as MetricName[])) {
    const [before, after] = [older.values[name], newer.values[name]];
    values[name] = from.map(([one, other]) => (other >= 0 && after ? after[other] : before?.[one]) ?? null);
  }
  const { holeTo } = older;
  return { times, values, gpu: newer.gpu ?? older.gpu, ...(holeTo === undefined ? {} : { holeTo }) };
}

/** Only the points from the `index`-th on. */
function behind(samples: Samples, index: number): Samples {
  const values: Values = {};
  for (const [name, points] of Object.entries(samples.values) as [MetricName, (number | null)[]][]) values[name] = points.slice(index);
  return { ...samples, times: samples.times.slice(index), values };
}

const indexFrom = (times: readonly number[], isWanted: (time: number) => boolean): number => {
  const index = times.findIndex(isWanted);
  return index < 0 ? times.length : index;
};

/** Adds points to what is there, each time once and in order. */
export const addMetrics = (samples: Samples | undefined, metrics: Metrics): Samples => joined(samples, samplesOf(metrics));

/** The same of what is followed: its last hour is kept. */
export function followMetrics(samples: Samples | undefined, metrics: Metrics): Samples {
  const all = addMetrics(samples, metrics);
  const oldest = (all.times.at(-1) ?? 0) - kLiveSeconds;
  const index = indexFrom(all.times, (time) => time >= oldest);
  return index === 0 ? all : { ...behind(all, index), holeTo: Math.max(all.holeTo ?? 0, all.times[index - 1] ?? 0) };
}

/** A stream that begins anew tells of the last minutes: what lies between them and what was known, it does not tell. */
export function beginMetrics(samples: Samples | undefined, metrics: Metrics): Samples {
  const next = followMetrics(samples, metrics);
  const [end, begin] = [samples?.times.at(-1), samplesOf(metrics).times[0]];
  return end !== undefined && begin !== undefined && begin > end ? { ...next, holeTo: begin } : next;
}

/** What was read, and of what is followed the points behind it; from `from` on. */
export function shownSamples(past: Samples | undefined, live: Samples | undefined, from: number): Samples | undefined {
  const end = past?.times.at(-1) ?? -Infinity;
  const all = live ? joined(past, behind(live, indexFrom(live.times, (time) => time > end))) : past;
  return all && behind(all, indexFrom(all.times, (time) => time >= from));
}

/** Whether points between what was read and what is followed are in neither. */
export const hasHole = (past: Samples | undefined, live: Samples | undefined): boolean =>
  past !== undefined && live?.holeTo !== undefined && live.holeTo > (past.times.at(-1) ?? -Infinity);

/** A counter as what was added a second; null over a gap, a restart of the counter and at the first point. */
export function rateOf(times: readonly number[], values: readonly (number | null)[]): (number | null)[] {
  return values.map((value, index) => {
    const before = index > 0 ? values[index - 1] : null;
    const [from, to] = [times[index - 1], times[index]];
    if (value === null || before === null || before === undefined || from === undefined || to === undefined) return null;
    return value < before || to <= from ? null : (value - before) / (to - from);
  });
}

/** Puts a null where nothing was sampled for more than `gapSeconds`, so that a gap is drawn as one. */
export function withGaps(times: readonly number[], lines: readonly (readonly (number | null)[])[], gapSeconds: number): [number[], ...(number | null)[][]] {
  const xs: number[] = [];
  const ys: (number | null)[][] = lines.map(() => []);
  times.forEach((time, index) => {
    const before = times[index - 1];
    if (before !== undefined && time - before > gapSeconds) {
      xs.push(before + gapSeconds / 2);
      for (const line of ys) line.push(null);
    }
    xs.push(time);
    lines.forEach((line, which) => ys[which]?.push(line[index] ?? null));
  });
  return [xs, ...ys];
}

export function csvOf(samples: Samples): string {
  const names = Object.keys(samples.values) as MetricName[];
  const rows = samples.times.map((time, index) =>
    [new Date(time * 1000).toISOString(), ...names.map((name) => samples.values[name]?.[index] ?? "")].join(","),
  );
  return [["time", ...names].join(","), ...rows, ""].join("\r\n");
}
