import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { DeploymentStatus } from "@/features/deployments/deployment_status";
import { ListDifferences, useAllAt } from "@/features/deployments/past/past_list";
import { readHours } from "@/features/statistics/api";
import { Bars } from "@/features/statistics/bars";
import { fineMoment, microsOf } from "@/time/moment";
import { pastQuery } from "@/time/past_query";
import { eventsUntil, useRecord } from "@/time/record";
import { TimeBar } from "@/time/time_bar";
import { clock, count, moment, shortId, usd } from "@/ui/format";
import { Empty, Failed, Loading, Page, Panel } from "@/ui/page";
import { Figure, SourceLine } from "@/ui/source";
import { Moment } from "@/ui/time";
import source from "@/ui/source.module.css";
import stats from "@/features/statistics/statistics.module.css";
import times from "@/time/time.module.css";
import classes from "./overview.module.css";
import { hoursBefore, kHoursKept } from "./hours";
import { costOf, isBad, isUp, spendOf } from "./sums";

const kShown = 7;
const all = {};

function Then({ rows, at }: { rows: Deployment[]; at: string }) {
  const { t } = useTranslation();
  if (rows.length === 0) return <Empty title={t("time.noneThen")} hint={t("time.noneThenHint")} />;
  return (
    <ul className={classes.list} data-wide-time>
      {rows.slice(0, kShown).map((row) => (
        <li key={row.id}>
          <Link to="/deployments/$id/$tab" params={{ id: row.id, tab: "logs" }} search={{ at }} className="cut">{row.name}</Link>
          <DeploymentStatus deployment={row} />
          <span className="dim"><Moment at={row.created_at} /></span>
        </li>
      ))}
    </ul>
  );
}

function LastEvents({ at }: { at: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(pastQuery(["timeline", "last"], at, (signal) => eventsUntil(at, kShown, signal)));
  if (error) return <Failed failure={{ code: "", detail: error.message }} />;
  if (!data) return <Loading />;
  if (data.length === 0) return <Empty title={t("time.noEvents")} />;
  return (
    <ul className={times.events}>
      {data.map((event) => (
        <li key={`${event.at} ${event.subject} ${event.type}`}>
          <span>
            <Link to="/deployments/$id/$tab" params={{ id: event.subject, tab: "history" }} search={{ at: event.at }}>{event.type}</Link> <span className="mono dim">{shortId(event.subject)}</span>
          </span>
          <span className="num dim">{fineMoment(event.micros)}</span>
        </li>
      ))}
    </ul>
  );
}

/** A figure of now of which nothing is kept. */
function Unknown({ label }: { label: string }) {
  const { t } = useTranslation();
  return (
    <div className={source.figure} data-stale role="group" aria-label={label}>
      <div className={source.label}>{label}</div>
      <div className={source.value}>–</div>
      <div className={source.note}>{t("time.unknown")}</div>
    </div>
  );
}

/** Whole hours before the moment: what happened in the one it is in is not all of then. */
function Hours({ micros }: { micros: number }) {
  const { t, i18n } = useTranslation();
  const wanted = Math.ceil((Date.now() * 1000 - micros) / 3_600_000_000) + 25;
  const isKept = wanted <= kHoursKept;
  const { data, dataUpdatedAt } = useQuery({ queryKey: ["stats", "hours", "past", wanted], queryFn: () => readHours(wanted), enabled: isKept, placeholderData: (old) => old });
  const n = (value: number) => count(value, i18n.language);
  if (!isKept) return <Empty title={t("time.hoursGone")} />;
  if (!data) return <Loading rows={3} />;
  const items = hoursBefore(data.items, micros);
  if (items.length === 0) return <Empty title={t("time.hoursGone")} />;
  const end = moment(Date.parse(items.at(-1)?.hour ?? "") + 3_600_000);
  return (
    <>
      <div className={times.span}>{t("time.hours24", { time: end })} · {t("stats.spent24")}: {usd(items.reduce((sum, item) => sum + item.cost_usd_micro, 0))}</div>
      <Bars label={t("stats.queue")} bars={items.map((item, index) => ({ label: index % 3 === 0 ? clock(item.hour, i18n.language) : "", title: t("stats.queueTitle", { hour: clock(item.hour, i18n.language), most: n(item.queue.most), last: n(item.queue.last) }), parts: [{ tone: "calm", value: item.queue.most }] }))} />
      <SourceLine source="/api/v1/stats/tasks/hour" asOf={dataUpdatedAt || undefined} isStale={false} />
    </>
  );
}

/** The overview as it was: its figures are sums of the list of then. What is not kept says so. */
export default function PastOverview({ at, than }: { at: string; than: string | undefined }) {
  const { t, i18n } = useTranslation();
  const course = useRecord(at);
  const found = useAllAt(all, at);
  const micros = microsOf(at) ?? 0;
  const rows = found.data?.rows;
  const whole = found.data?.isWhole ? rows : undefined;
  const n = (value: number) => count(value, i18n.language);
  const list = { source: "deployments?at=…", asOf: found.dataUpdatedAt || undefined, isStale: found.isPlaceholderData };
  const compared = useAllAt(all, than ?? at);
  const other = than !== undefined && compared.data?.isWhole ? compared.data.rows : undefined;
  // Compared with another moment, a figure says both, the earlier one first.
  const isForth = micros <= (microsOf(than ?? at) ?? 0);
  const figure = (of: (rows: Deployment[]) => string) => {
    if (!whole) return "–";
    const [here, there] = [of(whole), other && of(other)];
    return there === undefined || there === here ? here : isForth ? `${here} → ${there}` : `${there} → ${here}`;
  };
  const bad = whole?.filter(isBad).length;
  return (
    <>
      <TimeBar micros={micros} than={than === undefined ? undefined : microsOf(than)} course={course} isBusy={found.isFetching} />
      <Page title={t("overview.title")}>
        <div className={stats.figures}>
          <Figure label={t("overview.running")} value={figure((some) => n(some.filter(isUp).length))} note={t("overview.ofAll", { n: figure((some) => n(some.length)) })} {...list} />
          <Figure label={t("overview.inTrouble")} value={figure((some) => n(some.filter(isBad).length))} tone={bad ? "bad" : undefined} {...list} />
          <Figure label={t("overview.perHour")} value={figure((some) => usd(spendOf(some)))} note={t("overview.spentSoFar", { cost: figure((some) => usd(costOf(some))) })} {...list} />
          <Unknown label={t("overview.queue")} />
          <Unknown label={t("overview.success")} />
        </div>
        {found.error && <Failed failure={{ code: "", detail: found.error.message }} />}
        {than !== undefined && <div className={classes.differences}><ListDifferences filter={all} at={at} than={than} /></div>}
        <div className={stats.halves}>
          <Panel title={t("overview.recent")} flush actions={<Link to="/deployments" search={{ at }} className={classes.more}>{t("overview.all")}</Link>}>
            {rows ? <Then rows={rows} at={at} /> : <Loading />}
            <div className={classes.source}><SourceLine {...list} /></div>
          </Panel>
          <Panel title={t("time.lastEvents")} flush>
            <LastEvents at={at} />
            <div className={classes.source}><SourceLine source="/api/v1/events/timeline" asOf={list.asOf} isStale={false} /></div>
          </Panel>
        </div>
        <Panel title={t("stats.queue")}><Hours micros={micros} /></Panel>
        <Panel title={t("overview.failures")}><Empty title={t("time.unknown")} hint={t("time.tasksHint")} /></Panel>
      </Page>
    </>
  );
}
