import { ActionIcon, SegmentedControl } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLive } from "@/live/use_live";
import { useQueryFreshness } from "@/live/use_query_freshness";
import { count, milliseconds, moment, percent, usd } from "@/ui/format";
import { Failed, Loading, Page, Panel } from "@/ui/page";
import { PictureButton } from "@/ui/picture_button";
import { scrolls } from "@/ui/scrolls";
import { Figure, SourceLine } from "@/ui/source";
import { figuresSource, readByModel, readDays, readHours, sumOf } from "./api";
import { dayRanges } from "./ranges";
import { Bars, mostOf, type Bar } from "./bars";
import { barsPicture } from "./bars_picture";
import classes from "./statistics.module.css";

const kRefreshEveryMs = 2_000;

export function Legend() {
  const { t } = useTranslation();
  return (
    <div className={classes.legend}>
      <span data-tone="ok">{t("tasks.status.completed")}</span>
      <span data-tone="bad">{t("tasks.status.failed")}</span>
      <span>{t("tasks.status.cancelled")}</span>
    </div>
  );
}

/** Saves one of the charts with what its bars stand for. */
function BarsButton({ title, range, bars, isQueue }: { title: string; range: string; bars: Bar[]; isQueue?: boolean }) {
  const { t, i18n } = useTranslation();
  const legend = ([["ok", "completed"], ["bad", "failed"], ["calm", "cancelled"]] as const).map(([tone, status]) => ({ tone, label: t(`tasks.status.${status}`) }));
  return <PictureButton title={title} picture={() => barsPicture(title, range, isQueue ? [] : legend, bars, count(mostOf(bars), i18n.language))} />;
}

/** What happened changes sums: they are read again when the stream says so, at most every two seconds. */
export function useStatsRefresh(asOf: number | undefined) {
  const queries = useQueryClient();
  const [readAt] = useState({ at: Date.now() });
  useEffect(() => {
    if (asOf === undefined) return undefined;
    const timer = setTimeout(() => {
      readAt.at = Date.now();
      void queries.invalidateQueries({ queryKey: ["stats"] });
    }, Math.max(0, readAt.at + kRefreshEveryMs - Date.now()));
    return () => clearTimeout(timer);
  }, [asOf, queries, readAt]);
}

function Days({ days }: { days: number }) {
  const { t, i18n } = useTranslation();
  const query = useQuery({ queryKey: ["stats", "days", days], queryFn: () => readDays(days), placeholderData: keepPreviousData });
  const { data, error } = query;
  const fresh = useQueryFreshness(query);
  if (!data) return error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading />;
  const n = (value: number) => count(value, i18n.language);
  const every = Math.ceil(data.items.length / 15);
  const bars = data.items.map<Bar>((day, index) => ({
    label: index % every === 0 ? day.date.slice(5) : "",
    title: t("stats.dayTitle", { date: day.date, completed: n(day.completed), failed: n(day.failed), cancelled: n(day.cancelled) }),
    parts: [{ tone: "ok", value: day.completed }, { tone: "bad", value: day.failed }, { tone: "calm", value: day.cancelled }],
  }));
  return (
    <>
      <Panel title={t("stats.byDay")} actions={<div className={classes.tools}><Legend /><BarsButton title={t("stats.byDay")} range={`${data.items[0]?.date ?? ""} – ${data.items.at(-1)?.date ?? ""}`} bars={bars} /></div>}>
        <Bars label={t("stats.byDay")} bars={bars} />
        <SourceLine source="/api/v1/stats/tasks/date" {...fresh} />
      </Panel>
      <Panel title={t("stats.days")} flush>
        <div className={classes.scroll} {...scrolls(t("stats.days"))}>
          <table className={classes.table} aria-label={t("stats.days")}>
            <thead>
              <tr>{(["date", "total", "completed", "failed", "cancelled", "success", "tokens", "cost"] as const).map((key) => <th key={key} scope="col">{t(`stats.column.${key}`)}</th>)}</tr>
            </thead>
            <tbody>
              {[...data.items].reverse().map((day) => (
                <tr key={day.date}>
                  <td>{day.date}</td><td>{n(day.total)}</td><td>{n(day.completed)}</td><td>{n(day.failed)}</td><td>{n(day.cancelled)}</td>
                  <td>{percent(day.success_rate)}</td><td>{n(day.tokens)}</td><td>{usd(day.cost_usd_micro)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div className={classes.foot}><SourceLine source="/api/v1/stats/tasks/date" {...fresh}>{t("stats.bySubmission")}</SourceLine></div>
      </Panel>
    </>
  );
}

function ByModel() {
  const { t, i18n } = useTranslation();
  const query = useQuery({ queryKey: ["stats", "models"], queryFn: readByModel });
  const { data, error } = query;
  const fresh = useQueryFreshness(query);
  if (!data) return error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading rows={3} />;
  const n = (value: number) => count(value, i18n.language);
  return (
    <Panel title={t("stats.byModel")} flush>
      <div className={classes.scroll} {...scrolls(t("stats.byModel"))}>
        <table className={classes.table} aria-label={t("stats.byModel")}>
          <thead>
            <tr>{(["model", "pending", "running", "completed", "failed", "success", "wait", "run", "tokens", "cost"] as const).map((key) => <th key={key} scope="col">{t(`stats.column.${key}`)}</th>)}</tr>
          </thead>
          <tbody>
            {data.items.map((model) => (
              <tr key={model.id}>
                <td>{model.name}</td><td>{n(model.pending)}</td><td>{model.running} / {model.slots}</td>
                <td>{n(model.last_24h.completed)}</td><td>{n(model.last_24h.failed)}</td><td>{percent(model.last_24h.success_rate)}</td>
                <td>{milliseconds(model.last_24h.wait_ms.p50)} / {milliseconds(model.last_24h.wait_ms.p95)}</td>
                <td>{milliseconds(model.last_24h.run_ms.p50)} / {milliseconds(model.last_24h.run_ms.p95)}</td>
                <td>{n(model.last_24h.tokens)}</td><td>{usd(model.last_24h.cost_usd_micro)}</td>
              </tr>
            ))}
            {data.items.length === 0 && <tr><td colSpan={10} className="dim">{t("models.none")}</td></tr>}
          </tbody>
        </table>
      </div>
      <div className={classes.foot}><SourceLine source="/api/v1/stats/models" {...fresh} /></div>
    </Panel>
  );
}

function Hours() {
  const { t, i18n } = useTranslation();
  const query = useQuery({ queryKey: ["stats", "hours"], queryFn: () => readHours(24) });
  const { data, error } = query;
  const fresh = useQueryFreshness(query);
  if (!data) return error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading rows={3} />;
  const hour = (instant: string) => String(new Date(instant).getHours()).padStart(2, "0");
  const n = (value: number) => count(value, i18n.language);
  const range = data.items[0] ? `${moment(data.items[0].hour)} – ${moment(data.items.at(-1)?.hour ?? data.items[0].hour)}` : "";
  const tick = (instant: string, index: number) => (index % 3 === 0 ? hour(instant) : "");
  const ended = data.items.map<Bar>((item, index) => ({
    label: tick(item.hour, index),
    title: t("stats.dayTitle", { date: `${hour(item.hour)}:00`, completed: n(item.completed), failed: n(item.failed), cancelled: n(item.cancelled) }),
    parts: [{ tone: "ok", value: item.completed }, { tone: "bad", value: item.failed }, { tone: "calm", value: item.cancelled }],
  }));
  const queue = data.items.map<Bar>((item, index) => ({
    label: tick(item.hour, index),
    title: t("stats.queueTitle", { hour: `${hour(item.hour)}:00`, most: n(item.queue.most), last: n(item.queue.last) }),
    parts: [{ tone: "calm", value: item.queue.most }],
  }));
  return (
    <div className={classes.halves}>
      <Panel title={t("stats.byHour")} actions={<div className={classes.tools}><Legend /><BarsButton title={t("stats.byHour")} range={range} bars={ended} /></div>}>
        <Bars label={t("stats.byHour")} bars={ended} />
        <SourceLine source="/api/v1/stats/tasks/hour" {...fresh} />
      </Panel>
      <Panel title={t("stats.queue")} actions={<BarsButton title={t("stats.queue")} range={range} bars={queue} isQueue />}>
        <Bars label={t("stats.queue")} bars={queue} />
        <SourceLine source="/api/v1/stats/tasks/hour" {...fresh} />
      </Panel>
    </div>
  );
}

export default function StatisticsPage() {
  const { t, i18n } = useTranslation();
  const live = useLive(figuresSource);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const days = useSearch({ strict: false, select: (search) => search.days }) ?? dayRanges[0];
  const setDays = (text: string) => {
    const chosen = dayRanges.find((one) => String(one) === text);
    void navigate({ to: "/statistics", search: chosen === undefined || chosen === dayRanges[0] ? {} : { days: chosen }, replace: true });
  };
  useStatsRefresh(live.asOf);
  const sum = live.state ? sumOf(live.state) : undefined;
  const fresh = { source: "stats", asOf: live.asOf, isStale: live.isStale };
  const last = sum?.last;
  return (
    <Page
      title={t("stats.title")}
      actions={
        <>
          <SegmentedControl size="xs" aria-label={t("stats.range")} value={String(days)} onChange={setDays} data={dayRanges.map((value) => ({ value: String(value), label: t("stats.dayCount", { count: value }) }))} />
          <ActionIcon variant="default" aria-label={t("refresh")} onClick={() => void queries.invalidateQueries({ queryKey: ["stats"] })}><IconRefresh size={16} /></ActionIcon>
        </>
      }
    >
      {live.phase === "failed" && !sum && <Failed failure={live.failure} />}
      {last && (
        <div className={classes.figures}>
          <Figure label={t("stats.completed24")} value={count(last.completed, i18n.language)} {...fresh} />
          <Figure label={t("stats.failed24")} value={count(last.failed, i18n.language)} tone={last.failed > 0 ? "bad" : undefined} {...fresh} />
          <Figure label={t("stats.success24")} value={percent(last.success_rate)} {...fresh} />
          <Figure label={t("stats.wait")} value={milliseconds(last.wait_ms.p50)} note={`p50 · p95 ${milliseconds(last.wait_ms.p95)}`} {...fresh} />
          <Figure label={t("stats.run")} value={milliseconds(last.run_ms.p50)} note={`p50 · p95 ${milliseconds(last.run_ms.p95)}`} {...fresh} />
          <Figure label={t("stats.spent24")} value={usd(last.cost_usd_micro)} note={t("stats.tokens24", { n: count(last.tokens, i18n.language) })} {...fresh} />
        </div>
      )}
      <p className={classes.measure}>{t("stats.endings")}</p>
      <Hours />
      <Days days={days} />
      <ByModel />
    </Page>
  );
}
