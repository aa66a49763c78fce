import { Button, Tabs } from "@mantine/core";
import { IconPlayerPlay, IconPlayerStop, IconRefresh, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { useLive } from "@/live/use_live";
import { useMay } from "@/session/session";
import { PastButton } from "@/time/past_button";
import { useTravel } from "@/time/use_travel";
import { Boundary } from "@/ui/boundary";
import { Confirm } from "@/ui/confirm";
import { shortId, usd } from "@/ui/format";
import { Failed, Loading, Page } from "@/ui/page";
import { useOffer } from "@/ui/page_actions";
import { saidIn } from "@/ui/said";
import { SourceLine } from "@/ui/source";
import { Ago } from "@/ui/time";
import { told } from "@/ui/toasts";
import { actOn, applies, deploymentSource, type Action } from "./api";
import { Cost } from "./cost_shown";
import { DeploymentStatus } from "./deployment_status";
import { LogsTab, type LogSearch } from "./logs/logs_tab";
import classes from "./deployments.module.css";

const MetricsTab = lazy(() => import("./metrics/metrics_tab"));
const FilesTab = lazy(() => import("./files/files_tab"));
const HistoryTab = lazy(() => import("./history_tab"));
const ConfigTab = lazy(() => import("./config_tab"));
const ConnectTab = lazy(() => import("./connect_tab"));

export const deploymentTabs = ["logs", "metrics", "files", "history", "config", "connect"] as const;
export type DeploymentTab = (typeof deploymentTabs)[number];

const actions = ["start", "stop", "restart", "delete"] as const;

function Actions({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<"stop" | "restart" | "delete">();
  const { id, name, status } = deployment;
  const canAct = may("dev", deployment.project);

  // Only a stop can be taken back, and not quite: what starts again is a new run.
  const act = (action: Action): Promise<unknown> =>
    told(
      { doing: t(`act.doing.${action}`, { name }), done: t(`act.done.${action}`, { name }), failed: t(`act.failed.${action}`, { name }) },
      () => actOn(id, action),
      action === "stop" ? { label: t("desk.undo.startAgain"), detail: t("desk.undo.newRun"), run: () => void act("start") } : undefined,
    );
  const begin = (action: Action) => (action === "start" ? void act(action) : setAsking(action));
  useOffer(canAct ? actions.filter((action) => applies(action, status)).map((action) => ({ id: action, label: t("desk.act.one", { action: t(`deployments.action.${action}`), name }), run: () => begin(action) })) : []);
  if (!canAct) return null;

  const button = (action: Action, icon: typeof IconTrash) => {
    const Icon = icon;
    if (!applies(action, status)) return null;
    return (
      <Button size="xs" variant="default" leftSection={<Icon size={15} />} onClick={() => begin(action)}>
        {t(`deployments.action.${action}`)}
      </Button>
    );
  };
  return (
    <>
      {button("start", IconPlayerPlay)}
      {button("stop", IconPlayerStop)}
      {button("restart", IconRefresh)}
      {button("delete", IconTrash)}
      {asking && (
        <Confirm
          title={t(`batch.ask.${asking}`, { count: 1 })}
          confirm={t(`deployments.action.${asking}`)}
          onClose={() => setAsking(undefined)}
          onConfirm={async () => {
            if ((await act(asking)) && asking === "delete") void navigate({ to: "/deployments", search: {} });
          }}
        >
          <p className={classes.warning}>{t(asking === "delete" ? "batch.deleteWarning" : "batch.endsRun")}</p>
          <strong>{name}</strong> <span className="mono dim">{id}</span>
        </Confirm>
      )}
    </>
  );
}

function Strip({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const { reason, host, provider, price_usd_micro_per_hour: price, restarts, waits_for: waits } = deployment;
  return (
    <div className={classes.strip}>
      <span title={reason.code}>{saidIn(t, reason.text)}</span>
      {waits && <span>{t("deployments.waitsFor", { host: waits.host })}</span>}
      <span>
        <span className="dim">{t("deployments.place")} </span>
        <b>{host ?? "–"}</b> <span className="dim">({provider})</span>
      </span>
      {deployment.started_at && (
        <span>
          <span className="dim">{t("deployments.started")} </span>
          <b><Ago at={deployment.started_at} /></b>
        </span>
      )}
      <span>
        <span className="dim">{t("deployments.cost")} </span>
        <b><Cost of={deployment} /></b> <span className="dim">{t("deployments.perHour", { price: usd(price) })}</span>
      </span>
      {restarts > 0 && (
        <span>
          <span className="dim">{t("deployments.restarts")} </span>
          <b className="num">{restarts}</b>
        </span>
      )}
    </div>
  );
}

export function DeploymentPage({ id, tab, search }: { id: string; tab: DeploymentTab; search: LogSearch & { path?: string } }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const live = useLive(useMemo(() => deploymentSource(id), [id]));
  const deployment = live.state;
  const { go } = useTravel();
  const chosen = useRef<HTMLButtonElement>(null);
  const tabs = useId();
  // On a phone the tabs are wider than the window. Once for each tab: the page is not pulled away from who reads it.
  const isThere = deployment !== undefined;
  useEffect(() => {
    chosen.current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [tab, isThere]);

  if (!deployment) {
    return (
      <Page title={t("deployments.one")}>
        {live.phase === "failed" ? <Failed failure={live.failure} action={<Button component={Link} to="/deployments" variant="default">{t("deployments.toList")}</Button>} /> : <Loading />}
      </Page>
    );
  }
  return (
    <Page
      title={deployment.name}
      fill
      beside={
        <>
          <DeploymentStatus deployment={deployment} />
          <span className="mono dim" title={id}>{shortId(id)}</span>
        </>
      }
      actions={<><PastButton size={30} /><Actions deployment={deployment} /></>}
    >
      <Strip deployment={deployment} />
      <SourceLine source={`deployments/${shortId(id)}`} asOf={live.asOf} isStale={live.isStale} />
      <Tabs id={tabs} value={tab} onChange={(next) => void navigate({ to: "/deployments/$id/$tab", params: { id, tab: next ?? "logs" } })} variant="default" keepMounted={false}>
        <Tabs.List className={classes.tabs}>
          {deploymentTabs.map((one) => (
            <Tabs.Tab key={one} value={one} ref={one === tab ? chosen : undefined} aria-controls={one === tab ? `${tabs}-panel-${one}` : undefined}>
              {t(`deployments.tab.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <div className={classes.panel} role="tabpanel" id={`${tabs}-panel-${tab}`} aria-labelledby={`${tabs}-tab-${tab}`}>
        <Boundary key={tab}><Suspense fallback={<Loading />}>
          {tab === "logs" && <LogsTab deployment={deployment} search={search} />}
          {tab === "metrics" && <MetricsTab deployment={deployment} />}
          {tab === "files" && (
            <FilesTab
              key={search.path}
              deployment={deployment}
              path={search.path ?? ""}
              onPath={(path) => void navigate({ to: "/deployments/$id/$tab", params: { id, tab: "files" }, search: path ? { path } : {} })}
            />
          )}
          {tab === "history" && <HistoryTab deployment={deployment} onMoment={go} />}
          {tab === "config" && <ConfigTab deployment={deployment} />}
          {tab === "connect" && <ConnectTab deployment={deployment} />}
        </Suspense></Boundary>
      </div>
    </Page>
  );
}
