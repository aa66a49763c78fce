import type { Schemas } from "@/api/client";

export type MetricName = Schemas["MetricSeries"]["name"];
type Series = Schemas["Metrics"]["series"][number];
/** As the API answers it; its generated type says less of points than it knows. */
type Metrics = { series: (Omit<Series, "points"> & { points: unknown[] })[]; gpu?: string };

/** Points of each metric by time, in seconds since 1970; null is a gap. */
export interface Samples {
  times: number[];
  values: Partial<Record<MetricName, (number | null)[]>>;
  gpu: string | undefined;
}

const kPointsMax = 6_000;
const counters = new Set<MetricName>(["network_rx_bytes", "network_tx_bytes", "disk_read_bytes", "disk_write_bytes"]);
export const isCounter = (name: MetricName): boolean => counters.has(name);

/** Adds points to what is there, each time once and in order. */
export function addMetrics(samples: Samples | undefined, metrics: Metrics): Samples {
  const at = new Map<number, Partial<Record<MetricName, number | null>>>();
  const names = new Set<MetricName>();
  samples?.times.forEach((time, index) => {
    const point: Partial<Record<MetricName, number | null>> = {};
    for (const [name, values] of Object.entries(samples.values) as [MetricName, (number | null)[]][]) {
      point[name] = values[index] ?? null;
      names.add(name);
    }
    at.set(time, point);
  });
  for (const { name, points } of metrics.series) {
    names.add(name);
    for (const [instant, value] of points as [string, number | null][]) {
      const time = Date.parse(instant) / 1000;
      const point = at.get(time) ?? {};
      point[name] = value;
      at.set(time, point);
    }
  }
  const times = [...at.keys()].sort((a, b) => a - b).slice(-kPointsMax);
  const values: Samples["values"] = {};
  for (const name of names) values[name] = times.map((time) => at.get(time)?.[name] ?? null);
  return { times, values, gpu: metrics.gpu ?? samples?.gpu };
}

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
