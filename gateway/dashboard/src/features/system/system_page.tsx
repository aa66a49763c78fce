import { ActionIcon } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, body, Problem, type Schemas } from "@/api/client";
import { useEventsOf } from "@/live/use_events";
import { useQueryFreshness } from "@/live/use_query_freshness";
import { useMay } from "@/session/session";
import { bytes, count, milliseconds } from "@/ui/format";
import { Failed, Loading, Page, Panel } from "@/ui/page";
import { scrolls } from "@/ui/scrolls";
import { Figure, SourceLine } from "@/ui/source";
import { StatusBadge } from "@/ui/status_badge";
import { Ago } from "@/ui/time";
import stats from "@/features/statistics/statistics.module.css";
import { DeadLetters } from "./dead_letters";
import { SystemInfo } from "./info";
import classes from "./system.module.css";

type Health = Schemas["Health"];

/** Not ready is an answer, not a failure. */
async function readHealth(): Promise<Health> {
  const { data, error, response } = await api.GET("/api/v1/system/health");
  if (data) return data;
  if (response.status === 503 && error && "checks" in error) return error as unknown as Health;
  throw new Problem(response.status, "http", `HTTP ${response.status}`);
}
const readCluster = () => body(api.GET("/api/v1/system/cluster"));
const readHosts = () => body(api.GET("/api/v1/hosts", { params: { query: { page_size: 1_000 } } }));

function HealthPanel() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["system", "health"], queryFn: readHealth, staleTime: 0 });
  const { data, error } = query;
  const fresh = useQueryFreshness(query);
  return (
    <Panel title={t("system.health")} flush>
      {!data ? error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading rows={3} /> : (
        <table className={stats.table} aria-label={t("system.health")}>
          <tbody>
            {data.checks.map((check) => (
              <tr key={check.name}>
                <td lang="en" title={check.reason}>{check.name}</td>
                <td>
                  <StatusBadge status={check.ok ? "ok" : "failed"} label={t(check.ok ? "system.ok" : "system.notOk")} tone={check.ok ? "ok" : "bad"} />
                  {!check.ok && <span className="dim" lang="en"> {check.reason}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className={classes.source}><SourceLine source="/api/v1/system/health" {...fresh} /></div>
    </Panel>
  );
}

function HostsPanel() {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ["system", "hosts"], queryFn: readHosts });
  const { data, error } = query;
  const fresh = useQueryFreshness(query);
  const changed = useEventsOf("computehub.host.");
  useEffect(() => {
    if (changed.count > 0) void queries.invalidateQueries({ queryKey: ["system", "hosts"] });
  }, [changed.count, queries]);
  return (
    <Panel title={t("system.hosts")} flush>
      {!data ? error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading rows={3} /> : (
        <div className={stats.scroll} {...scrolls(t("system.hosts"))}>
          <table className={stats.table} aria-label={t("system.hosts")}>
            <thead><tr>{(["name", "status", "kind", "cpus", "memory", "gpus", "running", "seen"] as const).map((key) => <th key={key} scope="col">{t(`system.host.${key}`)}</th>)}</tr></thead>
            <tbody>
              {data.items.map((host) => (
                <tr key={host.id}>
                  <td>{host.name}</td>
                  <td><StatusBadge status={host.status} label={t(`system.hostStatus.${host.status}`)} tone={host.status === "online" ? "ok" : "bad"} /></td>
                  <td>{t(`hostKinds.${host.kind}`)}</td>
                  <td>{count(host.cpus, i18n.language)}</td>
                  <td>{bytes(host.memory_bytes)}</td>
                  <td>{host.gpus.length > 0 ? host.gpus.map((gpu) => `${gpu.count} × ${gpu.model}`).join(", ") : "–"}</td>
                  <td>{count(host.running, i18n.language)}</td>
                  <td><Ago at={host.last_seen_at} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className={classes.source}><SourceLine source="/api/v1/hosts" asOf={fresh.asOf} isStale={fresh.isStale || changed.isStale} /></div>
    </Panel>
  );
}

/** Records, and for how long the oldest of them has waited. */
function Lag({ of: { records, seconds } }: { of: Schemas["ClusterLag"] }) {
  const { i18n } = useTranslation();
  return <>{count(records, i18n.language)}{records > 0 && <span className="dim"> · {milliseconds(seconds * 1_000)}</span>}</>;
}

function NodesPanel({ nodes, self, source }: { nodes: Schemas["ClusterNode"][]; self: string; source: ReactNode }) {
  const { t, i18n } = useTranslation();
  return (
    <Panel title={t("nodes.title")} flush>
      <div className={stats.scroll} {...scrolls(t("nodes.title"))}>
        <table className={stats.table} aria-label={t("nodes.title")}>
          <thead><tr>{(["name", "partitions", "since"] as const).map((key) => <th key={key} scope="col">{t(`nodes.${key}`)}</th>)}</tr></thead>
          <tbody>
            {nodes.map((node) => (
              <tr key={node.name}>
                <td>{node.name}{node.name === self && <span className="dim"> · {t("nodes.self")}</span>}</td><td>{count(node.partitions, i18n.language)}</td><td>{node.since ? <Ago at={node.since} /> : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {source}
    </Panel>
  );
}

function Cluster() {
  const { t, i18n } = useTranslation();
  // No event tells of these: they are read whenever the page is opened.
  const query = useQuery({ queryKey: ["system", "cluster"], queryFn: readCluster, staleTime: 0 });
  const { data, error } = query;
  const fresh = { source: "system/cluster", ...useQueryFreshness(query) };
  if (!data) return error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading rows={4} />;
  const n = (value: number) => count(value, i18n.language);
  const lag = Math.max(0, ...data.partitions.map((partition) => partition.lag.projections.records + partition.lag.copy.records));
  const faults = data.partitions.filter((partition) => partition.fault).length;
  return (
    <>
      <div className={stats.figures}>
        <Figure label={t("system.log")} value={data.log} note={t("system.node", { name: data.node })} {...fresh} />
        <Figure label={t("system.records")} value={n(data.partitions.reduce((sum, partition) => sum + partition.head, 0))} note={t("system.partitionCount", { count: data.partitions.length })} {...fresh} />
        <Figure label={t("system.lag")} value={n(lag)} tone={lag > 1_000 ? "busy" : undefined} note={t("system.lagNote")} {...fresh} />
        <Figure label={t("system.commit")} value={milliseconds(data.transactions.p50_ms)} note={t("system.batches", { p99: milliseconds(data.transactions.p99_ms), n: n(data.transactions.count) })} {...fresh} />
        <Figure label={t("system.waiting")} value={n(data.commands_waiting)} {...fresh} />
        <Figure label={t("letters.title")} value={n(data.dead_letters)} tone={data.dead_letters > 0 ? "bad" : undefined} {...fresh} />
      </div>
      <div className={stats.halves}>
        <HealthPanel />
        <HostsPanel />
      </div>
      <NodesPanel nodes={data.nodes} self={data.node} source={<div className={classes.source}><SourceLine {...fresh} /></div>} />
      <Panel title={t("system.partitions")} flush>
        <div className={stats.scroll} {...scrolls(t("system.partitions"))}>
          <table className={stats.table} aria-label={t("system.partitions")}>
            <thead><tr>{(["partition", "owner", "epoch", "head", "copy", "projections", "fault"] as const).map((key) => <th key={key} scope="col">{t(`system.column.${key}`)}</th>)}</tr></thead>
            <tbody>
              {data.partitions.map((partition) => (
                <tr key={partition.partition}>
                  <td>{partition.partition}</td><td>{partition.owner ?? "–"}</td><td>{n(partition.epoch)}</td><td>{n(partition.head)}</td>
                  <td><Lag of={partition.lag.copy} /></td><td><Lag of={partition.lag.projections} /></td><td>{partition.fault ?? (faults > 0 ? t("system.none") : "–")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div className={classes.source}><SourceLine {...fresh} /></div>
      </Panel>
    </>
  );
}

export default function SystemPage() {
  const { t } = useTranslation();
  const may = useMay();
  const queries = useQueryClient();
  const isAdmin = may("admin");
  return (
    <Page
      title={t("system.title")}
      actions={<ActionIcon variant="default" size="lg" aria-label={t("refresh")} onClick={() => void queries.invalidateQueries({ queryKey: ["system"] })}><IconRefresh size={17} /></ActionIcon>}
    >
      {isAdmin ? (
        <Cluster />
      ) : (
        <div className={stats.halves}>
          <HealthPanel />
          <HostsPanel />
        </div>
      )}
      {isAdmin && <DeadLetters />}
      {isAdmin && <SystemInfo />}
    </Page>
  );
}
