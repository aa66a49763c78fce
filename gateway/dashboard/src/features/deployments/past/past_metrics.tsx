import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Deployment } from "@/api/client";
import { timeOf } from "@/time/moment";
import { pastQuery } from "@/time/past_query";
import { Empty, Failed, Loading } from "@/ui/page";
import { saidIn } from "@/ui/said";
import { SourceLine } from "@/ui/source";
import tools from "@/ui/toolbar.module.css";
import { Chart, ChartsHint } from "../metrics/chart";
import { rangeNames, ranges, type Range, type RangeName } from "../metrics/metric_search";
import { useCharts } from "../metrics/metrics_tab";
import { addMetrics } from "../metrics/samples";
import classes from "../metrics/metrics.module.css";

const kPointsWanted = 700;

/** The charts as they were: their right edge is the moment. */
export function PastMetrics({ deployment: { id, name }, micros }: { deployment: Deployment; micros: number }) {
  const { t } = useTranslation();
  const [rangeName, setRangeName] = useState<RangeName>("5m");
  const [zoom, setZoom] = useState<{ of: number; range: Range }>();
  const seconds = ranges[rangeName];
  const step = Math.max(1, Math.ceil(seconds / kPointsWanted));
  const until = timeOf(micros);
  const { data, error, dataUpdatedAt, isPlaceholderData } = useQuery(
    pastQuery(["deployments", id, "metrics", rangeName], until, (signal) =>
      body(api.GET("/api/v1/deployments/{id}/metrics", { params: { path: { id }, query: { from: timeOf(micros - seconds * 1_000_000), to: until, step: `${step}s` } }, signal })),
    ),
  );
  const samples = useMemo(() => (data ? addMetrics(undefined, data) : undefined), [data]);
  const charts = useCharts(samples, step);
  if (error) return <Failed failure={{ code: "", detail: error.message }} />;
  if (!samples) return <Loading />;
  const range: Range = zoom?.of === micros ? zoom.range : [micros / 1_000_000 - seconds, micros / 1_000_000];
  return (
    <>
      <div className={tools.bar}>
        <SegmentedControl size="xs" value={rangeName} data={rangeNames} aria-label={t("time.metricsSpan")} onChange={(next) => {
          setZoom(undefined);
          setRangeName(rangeNames.find((one) => one === next) ?? "5m");
        }} />
      </div>
      {charts.length === 0 ? (
        <Empty title={t("time.noSamples")} />
      ) : (
        <div className={classes.grid}>
          {charts.map(({ spec, times, lines }) => (
            <Chart key={spec.key} subject={name} title={t(`metrics.${spec.key}`)} times={times} lines={lines} format={spec.format} {...(spec.max ? { max: spec.max } : {})} {...(spec.isSize ? { isSize: true } : {})} range={range} onRange={(next) => setZoom({ of: micros, range: next })} onReset={() => setZoom(undefined)} />
          ))}
          <ChartsHint />
        </div>
      )}
      <SourceLine source="deployments/…/metrics?to=…" asOf={dataUpdatedAt || undefined} isStale={isPlaceholderData}>{samples.gpu && saidIn(t, samples.gpu)}</SourceLine>
    </>
  );
}
