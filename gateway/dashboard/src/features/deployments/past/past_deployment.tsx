import { Button, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Suspense, useId, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { CloudEvent, Deployment } from "@/api/client";
import { useLive } from "@/live/use_live";
import type { Mark } from "@/time/course";
import { useHistory, useHistoryCourse } from "@/time/history";
import { fineMoment, isPosition, microsOf } from "@/time/moment";
import { pastQuery } from "@/time/past_query";
import { TimeBar } from "@/time/time_bar";
import { useTravel } from "@/time/use_travel";
import { shortId, usd } from "@/ui/format";
import { Empty, Failed, Loading, Page } from "@/ui/page";
import { saidIn } from "@/ui/said";
import { SourceLine } from "@/ui/source";
import { Moment } from "@/ui/time";
import { deploymentSource } from "../api";
import ConfigTab from "../config_tab";
import ConnectTab from "../connect_tab";
import { deploymentTabs, type DeploymentTab } from "../deployment_page";
import classes from "../deployments.module.css";
import { DeploymentStatus } from "../deployment_status";
import HistoryTab from "../history_tab";
import { readOneAt } from "./api";
import { FieldDifferences } from "./differences";
import type { LogSearch } from "../logs/logs_tab";
import { PastLogs } from "./past_logs";
import { PastMetrics } from "./past_metrics";

/** As it was then; null: not there yet. `begin`: its first event, before which there is nothing to ask for. */
function useOneAt(id: string, at: string, begin: number | undefined) {
  const isEarly = begin !== undefined && (microsOf(at) ?? begin) < begin;
  const isKnown = isPosition(at) || begin !== undefined;
  return useQuery({ ...pastQuery(["deployments", id, isEarly], at, (signal) => (isEarly ? Promise.resolve(null) : readOneAt(id, at, signal))), enabled: isKnown });
}

/** When a moment is, in microseconds: of a position, its event knows. */
function whenIs(at: string, marks: readonly Mark[], then: Deployment | null | undefined): number | undefined {
  if (!isPosition(at)) return microsOf(at);
  return marks.find((mark) => mark.at === at)?.micros ?? (then ? microsOf(then.updated_at) : undefined);
}

function Strip({ deployment: { reason, host, provider, started_at: started, price_usd_micro_per_hour: price, cost_usd_micro: cost, restarts } }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const fact = (name: string, value: React.ReactNode) => (
    <span>
      <span className="dim">{name} </span>
      <b className="num">{value}</b>
    </span>
  );
  return (
    <div className={classes.strip}>
      <span title={reason.code}>{saidIn(t, reason.text)}</span>
      {fact(t("deployments.place"), <>{host ?? "–"} <span className="dim">({provider})</span></>)}
      {started && fact(t("deployments.started"), <Moment at={started} />)}
      {fact(t("deployments.cost"), <>{usd(cost)} <span className="dim">{t("deployments.perHour", { price: usd(price) })}</span></>)}
      {restarts > 0 && fact(t("deployments.restarts"), restarts)}
    </div>
  );
}

function Tab({ tab, then, at, micros, search, events }: { tab: DeploymentTab; then: Deployment; at: string; micros: number; search: LogSearch; events: readonly CloudEvent[] | undefined }) {
  const { t } = useTranslation();
  const { go } = useTravel();
  switch (tab) {
    case "logs":
      return <PastLogs key={at} id={then.id} at={at} micros={micros} search={search} />;
    case "metrics":
      return <PastMetrics deployment={then} micros={micros} />;
    case "history":
      return <HistoryTab deployment={then} past={events ?? []} onMoment={go} />;
    case "config":
      return <ConfigTab deployment={then} isPast />;
    case "connect":
      return <ConnectTab deployment={then} isPast />;
    default:
      return <Empty title={t("time.noFiles")} hint={t("time.noFilesHint")} />;
  }
}

function Differences({ id, at, than, marks, now }: { id: string; at: string; than: string; marks: readonly Mark[]; now: Deployment }) {
  const { go } = useTravel();
  const begin = marks[0]?.micros;
  const [a, b] = [useOneAt(id, at, begin), useOneAt(id, than, begin)];
  const error = a.error ?? b.error;
  if (error) return <Failed failure={{ code: "", detail: error.message }} />;
  if (a.data === undefined || b.data === undefined) return <Loading />;
  const [left, right] = [whenIs(at, marks, a.data) ?? 0, whenIs(than, marks, b.data) ?? 0];
  const isForth = (a.data?.version ?? 0) === (b.data?.version ?? 0) ? left <= right : (a.data?.version ?? 0) < (b.data?.version ?? 0);
  const [before, after] = isForth ? [a.data, b.data] : [b.data, a.data];
  const events = marks.slice(before?.version ?? 0, after?.version ?? now.version);
  const span = { from: Math.min(left, right), to: Math.max(left, right), was: isForth ? at : than, at: isForth ? than : at };
  return <FieldDifferences before={before} after={after} events={events} span={span} onEvent={(moment) => go(moment)} />;
}

interface PastProps {
  id: string;
  tab: DeploymentTab;
  at: string;
  than: string | undefined;
  search: LogSearch;
}

/** A deployment as it was. Nothing can be done to what was. */
export default function PastDeployment({ id, tab, at, than, search }: PastProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { go } = useTravel();
  const tabs = useId();
  // As it is now, for what has happened since.
  const live = useLive(useMemo(() => deploymentSource(id), [id]));
  const history = useHistory(id, live.state?.version);
  const begin = history.data?.[0] && microsOf(history.data[0].time);
  const found = useOneAt(id, at, begin);
  const then = found.data;
  const isShown = !found.isPlaceholderData;
  const course = useHistoryCourse(history.data as CloudEvent[] | undefined, at, isShown && then !== undefined ? (then?.version ?? 0) : undefined);
  const micros = whenIs(at, course.marks, isShown ? then : undefined);
  const name = then?.name ?? live.state?.name ?? t("deployments.one");

  if (live.phase === "failed" && !live.state)
    return <Page title={t("deployments.one")}><Failed failure={live.failure} action={<Button component={Link} to="/deployments" variant="default">{t("deployments.toList")}</Button>} /></Page>;

  const first = course.marks[0];
  const content = () => {
    if (than !== undefined && live.state) return <Differences id={id} at={at} than={than} marks={course.marks} now={live.state} />;
    if (found.error) return <Failed failure={{ code: "", detail: found.error.message }} />;
    if (then === undefined || micros === undefined) return <Loading />;
    if (then === null)
      return <Empty title={t("time.notYet")} {...(first ? { hint: t("time.notYetHint", { name, time: fineMoment(first.micros) }), action: <Button variant="default" onClick={() => go(first.at)}>{t("time.toFirst")}</Button> } : {})} />;
    return (
      <>
        <Strip deployment={then} />
        <SourceLine source={`deployments/${shortId(id)}?at=…`} asOf={found.dataUpdatedAt} isStale={!isShown} />
        <Tabs id={tabs} value={tab} onChange={(next) => void navigate({ to: "/deployments/$id/$tab", params: { id, tab: next ?? "logs" }, search: { at } })} variant="default" keepMounted={false}>
          <Tabs.List className={classes.tabs}>
            {deploymentTabs.map((one) => <Tabs.Tab key={one} value={one} aria-controls={one === tab ? `${tabs}-panel-${one}` : undefined}>{t(`deployments.tab.${one}`)}</Tabs.Tab>)}
          </Tabs.List>
        </Tabs>
        <div className={classes.panel} role="tabpanel" id={`${tabs}-panel-${tab}`} aria-labelledby={`${tabs}-tab-${tab}`}>
          <Suspense fallback={<Loading />}><Tab tab={tab} then={then} at={at} micros={micros} search={search} events={history.data} /></Suspense>
        </div>
      </>
    );
  };
  return (
    <>
      <TimeBar micros={micros} than={than === undefined ? undefined : whenIs(than, course.marks, undefined)} course={course} isBusy={found.isFetching} />
      <Page
        title={name}
        fill={than === undefined}
        beside={
          <>
            {then && than === undefined && <DeploymentStatus deployment={then} />}
            <span className="mono dim" title={id}>{shortId(id)}</span>
          </>
        }
      >
        {content()}
      </Page>
    </>
  );
}
