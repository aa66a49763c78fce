import { Button, SegmentedControl } from "@mantine/core";
import { IconDownload, IconZoomReset } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Deployment, type Schemas } from "@/api/client";
import type { LiveSource } from "@/live/live_store";
import { useLive, useNow } from "@/live/use_live";
import { bytes } from "@/ui/format";
import { Empty, Failed, Loading } from "@/ui/page";
import { save } from "@/ui/save";
import { SourceLine } from "@/ui/source";
import tools from "@/ui/toolbar.module.css";
import { Chart, type ChartLine } from "./chart";
import { addMetrics, csvOf, isCounter, rateOf, withGaps, type MetricName, type Samples } from "./samples";
import classes from "./metrics.module.css";

export const ranges = { "5m": 300, "15m": 900, "1h": 3_600, "6h": 21_600, "24h": 86_400 } as const;
export type RangeName = keyof typeof ranges;
export const rangeNames = Object.keys(ranges) as RangeName[];
const kPointsWanted = 700;

interface Spec {
  key: "cpu" | "memory" | "gpu" | "gpuMemory" | "temperature" | "power" | "network" | "disk";
  metrics: MetricName[];
  format: (value: number) => string;
  max?: number;
  isSize?: true;
}
const percent = (value: number) => `${Number(value.toFixed(1))} %`;
const perSecond = (value: number) => `${bytes(value)}/s`;
const specs: Spec[] = [
  { key: "cpu", metrics: ["cpu_percent"], format: percent, max: 1 },
  { key: "memory", metrics: ["memory_bytes"], format: bytes, isSize: true },
  { key: "gpu", metrics: ["gpu_percent"], format: percent, max: 100 },
  { key: "gpuMemory", metrics: ["gpu_memory_bytes"], format: bytes, isSize: true },
  { key: "temperature", metrics: ["gpu_temperature_celsius"], format: (value) => `${Math.round(value)} °C`, max: 50 },
  { key: "power", metrics: ["gpu_power_watts"], format: (value) => `${Math.round(value)} W` },
  { key: "network", metrics: ["network_rx_bytes", "network_tx_bytes"], format: perSecond, max: 1024, isSize: true },
  { key: "disk", metrics: ["disk_read_bytes", "disk_write_bytes"], format: perSecond, max: 1024, isSize: true },
];

function metricSource(id: string): LiveSource<Samples> {
  return {
    key: `deployments/${id}/metrics`,
    stream: `deployments/${id}/metrics`,
    snapshot: (data, previous) => addMetrics(previous, data as Schemas["Metrics"]),
    event: (samples, data) => addMetrics(samples, data as Schemas["Metrics"]),
  };
}

/** A chart for each kind of figure that there are samples of. */
export function useCharts(samples: Samples | undefined, step: number) {
  const { t } = useTranslation();
  return useMemo(() => {
    if (!samples) return [];
    return specs.flatMap((spec) => {
      const known = spec.metrics.filter((metric) => samples.values[metric]?.some((value) => value !== null));
      if (known.length === 0) return [];
      const values = known.map((metric) => (isCounter(metric) ? rateOf(samples.times, samples.values[metric] ?? []) : (samples.values[metric] ?? [])));
      const [times, ...lines] = withGaps(samples.times, values, Math.max(12, step * 3));
      return [{ spec, times, lines: known.map<ChartLine>((metric, index) => ({ label: t(`metrics.line.${metric}`), values: lines[index] ?? [] })) }];
    });
  }, [samples, step, t]);
}

export default function MetricsTab({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const { id, name } = deployment;
  const live = useLive(useMemo(() => metricSource(id), [id]));
  const [rangeName, setRangeName] = useState<RangeName>("5m");
  const [zoom, setZoom] = useState<[number, number]>();
  const now = useNow(1_000) / 1_000;
  const seconds = ranges[rangeName];
  const step = Math.max(1, Math.ceil(seconds / kPointsWanted));

  // What was before the stream began is read once for each range; the stream goes on from there.
  const past = useQuery({
    queryKey: ["deployments", id, "metrics", rangeName],
    queryFn: () => body(api.GET("/api/v1/deployments/{id}/metrics", { params: { path: { id }, query: { from: new Date(Date.now() - seconds * 1000).toISOString(), step: `${step}s` } } })),
    refetchOnMount: "always",
  });

  const samples = useMemo(() => {
    const before = past.data ? addMetrics(undefined, past.data) : undefined;
    if (!live.state) return before;
    const from = before?.times.at(-1) ?? 0;
    const fresh = live.state.times.findIndex((time) => time > from);
    if (!before || before.times.length === 0) return live.state;
    if (fresh < 0) return before;
    const series = (Object.entries(live.state.values) as [MetricName, (number | null)[]][]).map(([metric, values]) => ({
      name: metric,
      unit: "bytes" as const,
      points: live.state ? live.state.times.slice(fresh).map((time, index) => [new Date(time * 1000).toISOString(), values[fresh + index] ?? null]) : [],
    }));
    return addMetrics(before, { series } as unknown as Schemas["Metrics"]);
  }, [past.data, live.state]);

  const charts = useCharts(samples, step);

  if (live.phase === "failed" && !samples) return <Failed failure={live.failure} />;
  if (!samples) return <Loading />;
  const range: [number, number] = zoom ?? [now - seconds, now];
  return (
    <>
      <div className={tools.bar}>
        <SegmentedControl size="xs" value={rangeName} data={rangeNames} onChange={(next) => {
          setZoom(undefined);
          setRangeName(rangeNames.find((one) => one === next) ?? "5m");
        }} aria-label={t("metrics.range")} />
        {zoom && (
          <Button size="compact-sm" variant="default" leftSection={<IconZoomReset size={14} />} onClick={() => setZoom(undefined)}>
            {t("metrics.live")}
          </Button>
        )}
        <span style={{ flex: 1 }} />
        <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} />} onClick={() => save(new Blob([csvOf(samples)], { type: "text/csv" }), `${name}-metrics.csv`)}>
          CSV
        </Button>
      </div>
      {charts.length === 0 ? (
        <Empty title={t("metrics.none")} hint={t("metrics.noneHint")} />
      ) : (
        <div className={classes.grid}>
          {charts.map(({ spec, times, lines }) => (
            <Chart key={spec.key} subject={name} title={t(`metrics.${spec.key}`)} times={times} lines={lines} format={spec.format} {...(spec.max ? { max: spec.max } : {})} {...(spec.isSize ? { isSize: true } : {})} range={range} onZoom={(from, to) => setZoom([from, to])} />
          ))}
        </div>
      )}
      <SourceLine source="deployments/…/metrics" asOf={live.asOf} isStale={live.isStale}>
        {samples.gpu}
      </SourceLine>
    </>
  );
}
