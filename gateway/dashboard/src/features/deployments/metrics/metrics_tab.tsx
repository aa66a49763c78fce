import { Button, SegmentedControl } from "@mantine/core";
import { IconDownload, IconZoomReset } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Deployment, type Schemas } from "@/api/client";
import type { LiveSource } from "@/live/live_store";
import { useLive, useNow } from "@/live/use_live";
import { bytes } from "@/ui/format";
import { Empty, Failed, Loading } from "@/ui/page";
import { saidIn } from "@/ui/said";
import { save } from "@/ui/save";
import { SourceLine } from "@/ui/source";
import { tell } from "@/ui/toasts";
import tools from "@/ui/toolbar.module.css";
import { Chart, ChartsHint, type ChartLine } from "./chart";
import { kRangeDefault, liveRange, rangeNames, ranges, upTo, type Range, type RangeName } from "./metric_search";
import { addMetrics, beginMetrics, csvOf, followMetrics, hasHole, isCounter, rateOf, shownSamples, withGaps, type MetricName, type Samples } from "./samples";
import { useShownRange } from "./use_shown_range";
import classes from "./metrics.module.css";

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
    snapshot: (data, previous) => beginMetrics(previous, data as Schemas["Metrics"]),
    event: (samples, data) => followMetrics(samples, data as Schemas["Metrics"]),
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

const instant = (time: number) => new Date(time * 1000).toISOString();

/** What was before the stream began, read once for each range; of a zoom as much on both sides, to be moved into. */
function usePast(id: string, rangeName: RangeName, zoom: Range | undefined) {
  const seconds = zoom ? zoom[1] - zoom[0] : ranges[rangeName];
  const step = Math.max(1, Math.ceil(seconds / kPointsWanted));
  const between = () => (zoom ? { from: instant(zoom[0] - seconds), to: instant(zoom[1] + seconds) } : { from: instant(Date.now() / 1000 - seconds) });
  const { data, refetch } = useQuery({
    queryKey: ["deployments", id, "metrics", zoom ? zoom.join("–") : rangeName],
    queryFn: async () => addMetrics(undefined, await body(api.GET("/api/v1/deployments/{id}/metrics", { params: { path: { id }, query: { ...between(), step: `${step}s` } } }))),
    placeholderData: keepPreviousData,
    refetchOnMount: "always",
  });
  return { past: data, refetch, step };
}

export default function MetricsTab({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const { id, name } = deployment;
  const live = useLive(useMemo(() => metricSource(id), [id]));
  const { rangeName, zoom, rested, show } = useShownRange(id);
  const now = useNow(1_000) / 1_000;
  const seconds = ranges[rangeName];
  const { past, refetch, step } = usePast(id, rangeName, rested);

  // What is followed forgets its early part, or missed some: what was read reaches up to it again.
  const holeTo = hasHole(past, live.state) ? live.state?.holeTo : undefined;
  useEffect(() => {
    if (holeTo !== undefined && rested === undefined) void refetch();
  }, [holeTo, rested, refetch]);

  const newest = live.state?.times.at(-1);
  const from = rested ? -Infinity : Math.max(newest ?? 0, past?.times.at(-1) ?? 0) - seconds;
  const samples = useMemo(() => shownSamples(past, live.state, from), [past, live.state, from]);
  const charts = useCharts(samples, step);

  if (live.phase === "failed" && !samples) return <Failed failure={live.failure} />;
  if (!samples) return <Loading />;
  const range = zoom ?? liveRange(seconds, now, newest);
  const isRunning = deployment.status === "running";
  const unmeasured = [samples.gpu && saidIn(t, samples.gpu), charts.length > 0 && !charts.some(({ spec }) => spec.key === "network") && t("metrics.noNetwork")].filter(Boolean);
  return (
    <>
      <div className={tools.bar}>
        <SegmentedControl size="xs" value={rangeName} data={rangeNames} onChange={(next) => show(rangeNames.find((one) => one === next) ?? kRangeDefault)} aria-label={t("metrics.range")} />
        {zoom && (
          <Button size="compact-sm" variant="default" leftSection={<IconZoomReset size={14} />} onClick={() => show(rangeName)}>
            {t("metrics.live")}
          </Button>
        )}
        <span style={{ flex: 1 }} />
        <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} />} onClick={() => { save(new Blob([csvOf(samples)], { type: "text/csv" }), `${name}-metrics.csv`); tell("success", t("metrics.saved")); }}>
          CSV
        </Button>
      </div>
      {charts.length === 0 ? (
        isRunning ? <Empty title={t("metrics.none")} hint={t("metrics.noneHint")} /> : <Empty title={t("metrics.noneThen")} hint={t("metrics.noneThenHint")} />
      ) : (
        <div className={classes.grid}>
          {charts.map(({ spec, times, lines }) => (
            <Chart key={spec.key} subject={name} title={t(`metrics.${spec.key}`)} times={times} lines={lines} format={spec.format} {...(spec.max ? { max: spec.max } : {})} {...(spec.isSize ? { isSize: true } : {})} range={range} onRange={(next) => show(rangeName, upTo(next, now))} onReset={() => show(rangeName)} />
          ))}
          <ChartsHint />
        </div>
      )}
      <SourceLine source="deployments/…/metrics" asOf={live.asOf} isStale={live.isStale}>
        {unmeasured.join(" · ")}
      </SourceLine>
    </>
  );
}
