import { Button } from "@mantine/core";
import { IconListDetails, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment, ListedTask } from "@/api/client";
import { useLive } from "@/live/use_live";
import { useLiveList } from "@/live/use_live_list";
import { useQueryFreshness } from "@/live/use_query_freshness";
import { useMay } from "@/session/session";
import { PastButton } from "@/time/past_button";
import { clock, count, percent, shortId, usd } from "@/ui/format";
import { Empty, Failed, Loading, Page, Panel } from "@/ui/page";
import { saidIn } from "@/ui/said";
import { Figure, SourceLine } from "@/ui/source";
import { Ago } from "@/ui/time";
import { deploymentList } from "@/features/deployments/api";
import { useCost } from "@/features/deployments/cost_shown";
import { DeploymentStatus } from "@/features/deployments/deployment_status";
import { figuresSource, readHours, sumOf } from "@/features/statistics/api";
import { Bars } from "@/features/statistics/bars";
import { useStatsRefresh } from "@/features/statistics/statistics_page";
import { taskList } from "@/features/tasks/api";
import { TaskStatus } from "@/features/tasks/task_status";
import stats from "@/features/statistics/statistics.module.css";
import classes from "./overview.module.css";
import { isBad, isUp, spendOf } from "./sums";
import { useWhole } from "./use_whole";

const kShown = 7;
const kRowsMax = 5_000;
const everything = deploymentList({});
const failures = taskList({ status: "failed" });

/** By itself: only this goes on with the clock. */
function Spent({ rows }: { rows: Deployment[] }) {
  const { t } = useTranslation();
  return t("overview.spentSoFar", { cost: usd(useCost(rows)) });
}

function Recent({ rows }: { rows: Deployment[] }) {
  const { t } = useTranslation();
  if (rows.length === 0) return <Empty title={t("deployments.none")} hint={t("deployments.noneHint")} />;
  return (
    <ul className={classes.list}>
      {rows.slice(0, kShown).map((row) => (
        <li key={row.id}>
          <Link to="/deployments/$id/$tab" params={{ id: row.id, tab: "logs" }} className="cut">{row.name}</Link>
          <DeploymentStatus deployment={row} />
          <span className="dim"><Ago at={row.created_at} /></span>
        </li>
      ))}
    </ul>
  );
}

/** The list is by submission; here what failed last is first. */
const lastFailed = (rows: ListedTask[]) => [...rows].sort((a, b) => (b.updated_at ?? "").localeCompare(a.updated_at ?? "")).slice(0, kShown);

function Failures({ rows }: { rows: ListedTask[] }) {
  const { t } = useTranslation();
  if (rows.length === 0) return <Empty title={t("overview.noFailures")} />;
  return (
    <ul className={classes.list}>
      {lastFailed(rows).map((task) => (
        <li key={task.id} title={saidIn(t, task.reason.text ?? "")}>
          <Link to="/tasks/$id" params={{ id: task.id }} className="cut"><span className="mono">{shortId(task.id)}</span> <span className="dim">{saidIn(t, task.reason.text ?? "")}</span></Link>
          <TaskStatus task={task} />
          <span className="dim">{task.updated_at && <Ago at={task.updated_at} />}</span>
        </li>
      ))}
    </ul>
  );
}

/** Leads to them where one filter of the list finds them all. */
function InTrouble({ rows, children }: { rows: Deployment[] | undefined; children: ReactNode }) {
  const [status, ...others] = new Set(rows?.map((row) => row.status));
  return status && others.length === 0 ? <Link to="/deployments" search={{ status }}>{children}</Link> : children;
}

export default function OverviewPage() {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const deployments = useLiveList(everything);
  const failed = useLiveList(failures);
  const live = useLive(figuresSource);
  useStatsRefresh(live.asOf);
  const hours = useQuery({ queryKey: ["stats", "hours"], queryFn: () => readHours(24) });
  const hoursFresh = useQueryFreshness(hours);
  const sum = useMemo(() => (live.state ? sumOf(live.state) : undefined), [live.state]);
  const rows = deployments.state?.rows;
  const isWhole = deployments.state?.nextCursor === null;
  // The sums below are of all deployments, or they are not shown.
  useWhole(deployments.more, rows !== undefined && !isWhole && rows.length < kRowsMax, rows?.length ?? 0);

  const n = (value: number | undefined) => (value === undefined ? "–" : count(value, i18n.language));
  const list = { source: "deployments", asOf: deployments.asOf, isStale: deployments.isStale };
  const fresh = { source: "stats", asOf: live.asOf, isStale: live.isStale };
  const whole = isWhole ? rows : undefined;
  const bad = whole?.filter(isBad);
  const slots = sum?.models.reduce((all, model) => all + (model.status === "online" ? model.slots : 0), 0);
  return (
    <Page
      title={t("overview.title")}
      actions={
        <>
          <PastButton />
          {may("dev") && <>
            <Button component={Link} to="/tasks" size="sm" variant="default" leftSection={<IconListDetails size={16} />}>{t("tasks.title")}</Button>
            <Button component={Link} to="/deployments/new" size="sm" leftSection={<IconPlus size={16} />}>{t("deployments.new")}</Button>
          </>}
        </>
      }
    >
      <div className={stats.figures}>
        <Figure label={t("overview.running")} value={n(whole?.filter(isUp).length)} note={t("overview.ofAll", { n: n(deployments.state?.total) })} {...list} />
        <Figure label={t("overview.inTrouble")} value={<InTrouble rows={bad}>{n(bad?.length)}</InTrouble>} tone={bad?.length ? "bad" : undefined} {...list} />
        <Figure label={t("overview.perHour")} value={whole ? usd(spendOf(whole)) : "–"} note={whole ? <Spent rows={whole} /> : t("overview.spentSoFar", { cost: "–" })} {...list} />
        <Figure label={t("overview.queue")} value={n(sum?.tasks.pending)} note={t("overview.runningTasks", { n: n(sum?.tasks.running), slots: n(slots) })} {...fresh} />
        <Figure label={t("overview.success")} value={sum ? percent(sum.last.success_rate) : "–"} note={t("overview.ended", { n: n(sum ? sum.last.completed + sum.last.failed : undefined) })} {...fresh} />
        <Figure label={t("stats.spent24")} value={sum ? usd(sum.last.cost_usd_micro) : "–"} note={t("stats.tokens24", { n: n(sum?.last.tokens) })} {...fresh} />
      </div>
      <div className={stats.halves}>
        <Panel title={t("overview.recent")} flush actions={<Link to="/deployments" className={classes.more}>{t("overview.all")}</Link>}>
          {rows ? <Recent rows={rows} /> : deployments.phase === "failed" ? <Failed failure={deployments.failure} /> : <Loading />}
          <div className={classes.source}><SourceLine {...list} /></div>
        </Panel>
        <Panel title={t("overview.failures")} flush actions={<Link to="/tasks" search={{ status: "failed" }} className={classes.more}>{t("overview.all")}</Link>}>
          {failed.state ? <Failures rows={failed.state.rows} /> : failed.phase === "failed" ? <Failed failure={failed.failure} /> : <Loading />}
          <div className={classes.source}><SourceLine source="tasks" asOf={failed.asOf} isStale={failed.isStale} /></div>
        </Panel>
      </div>
      <Panel title={t("stats.queue")}>
        {hours.data ? <Bars label={t("stats.queue")} bars={hours.data.items.map((item, index) => ({ label: index % 3 === 0 ? clock(item.hour, i18n.language) : "", title: t("stats.queueTitle", { hour: clock(item.hour, i18n.language), most: n(item.queue.most), last: n(item.queue.last) }), parts: [{ tone: "calm", value: item.queue.most }] }))} /> : <Loading rows={3} />}
        <SourceLine source="/api/v1/stats/tasks/hour" {...hoursFresh} />
      </Panel>
    </Page>
  );
}
