import { ActionIcon, Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, Problem, type Schemas } from "@/api/client";
import { useEventsOf } from "@/live/use_events";
import { useMay } from "@/session/session";
import { Confirm } from "@/ui/confirm";
import { bytes, count, milliseconds } from "@/ui/format";
import { Failed, Loading, Page, Panel } from "@/ui/page";
import { Figure, SourceLine } from "@/ui/source";
import { StatusBadge } from "@/ui/status_badge";
import { Ago } from "@/ui/time";
import { told } from "@/ui/toasts";
import stats from "@/features/statistics/statistics.module.css";

type Health = Schemas["Health"];
type Letter = Schemas["DeadLetterItem"];

/** Not ready is an answer, not a failure. */
async function readHealth(): Promise<Health> {
  const { data, error, response } = await api.GET("/api/v1/system/health");
  if (data) return data;
  if (response.status === 503 && error && "checks" in error) return error as unknown as Health;
  throw new Problem(response.status, "http", `HTTP ${response.status}`);
}
const readCluster = () => body(api.GET("/api/v1/system/cluster"));
const readHosts = () => body(api.GET("/api/v1/hosts", { params: { query: { page_size: 1_000 } } }));
const readLetters = () => body(api.GET("/api/v1/system/dead-letters", { params: { query: { page_size: 100 } } }));

function HealthPanel() {
  const { t } = useTranslation();
  const { data, error, dataUpdatedAt } = useQuery({ queryKey: ["system", "health"], queryFn: readHealth });
  return (
    <Panel title={t("system.health")} flush>
      {error ? <Failed failure={{ code: "", detail: error.message }} /> : !data ? <Loading rows={3} /> : (
        <table className={stats.table} aria-label={t("system.health")}>
          <tbody>
            {data.checks.map((check) => (
              <tr key={check.name}>
                <td>{check.name}</td>
                <td>
                  <StatusBadge status={check.ok ? "ok" : "failed"} label={t(check.ok ? "system.ok" : "system.notOk")} tone={check.ok ? "ok" : "bad"} title={check.reason} />
                  {!check.ok && <span className="dim"> {check.reason}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div style={{ padding: "7px 12px 9px" }}><SourceLine source="/api/v1/system/health" asOf={dataUpdatedAt || undefined} isStale={Boolean(error)} /></div>
    </Panel>
  );
}

function HostsPanel() {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const { data, error, dataUpdatedAt } = useQuery({ queryKey: ["system", "hosts"], queryFn: readHosts });
  const changed = useEventsOf("computehub.host.");
  useEffect(() => {
    if (changed.count > 0) void queries.invalidateQueries({ queryKey: ["system", "hosts"] });
  }, [changed.count, queries]);
  return (
    <Panel title={t("system.hosts")} flush>
      {error ? <Failed failure={{ code: "", detail: error.message }} /> : !data ? <Loading rows={3} /> : (
        <div className={stats.scroll}>
          <table className={stats.table} aria-label={t("system.hosts")}>
            <thead><tr>{(["name", "status", "kind", "cpus", "memory", "gpus", "running", "seen"] as const).map((key) => <th key={key} scope="col">{t(`system.host.${key}`)}</th>)}</tr></thead>
            <tbody>
              {data.items.map((host) => (
                <tr key={host.id}>
                  <td>{host.name}</td>
                  <td><StatusBadge status={host.status} label={t(`system.hostStatus.${host.status}`)} tone={host.status === "online" ? "ok" : "bad"} /></td>
                  <td>{host.kind}</td>
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
      <div style={{ padding: "7px 12px 9px" }}><SourceLine source="/api/v1/hosts" asOf={dataUpdatedAt || undefined} isStale={changed.isStale} /></div>
    </Panel>
  );
}

function Cluster() {
  const { t, i18n } = useTranslation();
  const { data, error, dataUpdatedAt } = useQuery({ queryKey: ["system", "cluster"], queryFn: readCluster });
  if (error) return <Failed failure={{ code: "", detail: error.message }} />;
  if (!data) return <Loading rows={4} />;
  const fresh = { source: "/api/v1/system/cluster", asOf: dataUpdatedAt, isStale: false };
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
        <Figure label={t("system.letters")} value={n(data.dead_letters)} tone={data.dead_letters > 0 ? "bad" : undefined} {...fresh} />
      </div>
      <div className={stats.halves}>
        <HealthPanel />
        <HostsPanel />
      </div>
      <Panel title={t("system.partitions")} flush>
        <div className={stats.scroll}>
          <table className={stats.table} aria-label={t("system.partitions")}>
            <thead><tr>{(["partition", "owner", "epoch", "head", "copy", "projections", "fault"] as const).map((key) => <th key={key} scope="col">{t(`system.column.${key}`)}</th>)}</tr></thead>
            <tbody>
              {data.partitions.map((partition) => (
                <tr key={partition.partition}>
                  <td>{partition.partition}</td><td>{partition.owner ?? "–"}</td><td>{n(partition.epoch)}</td><td>{n(partition.head)}</td>
                  <td>{n(partition.lag.copy.records)}</td><td>{n(partition.lag.projections.records)}</td><td>{partition.fault ?? (faults > 0 ? t("system.none") : "–")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </>
  );
}

function Letters() {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [removing, setRemoving] = useState<Letter>();
  const { data, error, dataUpdatedAt } = useQuery({ queryKey: ["system", "letters"], queryFn: readLetters });
  const again = () => queries.invalidateQueries({ queryKey: ["system"] });
  const redrive = (letter: Letter) =>
    told({ doing: t("system.redriving"), done: t("system.redriven"), failed: t("system.redriveFailed") }, async () => {
      await body(api.POST("/api/v1/system/dead-letters/{id}/redrive", { params: { path: { id: letter.id } } }));
      await again();
    });
  return (
    <Panel title={t("system.letters")} flush>
      {error ? <Failed failure={{ code: "", detail: error.message }} /> : !data ? <Loading rows={2} /> : data.items.length === 0 ? <div style={{ padding: 14 }} className="dim">{t("system.noLetters")}</div> : (
        <div className={stats.scroll}>
          <table className={stats.table} aria-label={t("system.letters")}>
            <thead><tr>{(["reason", "entity", "type", "size", "at", "actions"] as const).map((key) => <th key={key} scope="col">{t(`system.letter.${key}`)}</th>)}</tr></thead>
            <tbody>
              {data.items.map((letter) => (
                <tr key={letter.id}>
                  <td>{letter.reason}</td><td className="mono">{letter.entity}</td><td>{letter.type}</td><td>{bytes(letter.size)}</td><td><Ago at={letter.at} /></td>
                  <td>
                    <Button size="compact-xs" variant="default" disabled={letter.redriven_at !== null || letter.source === "foreign"} onClick={() => void redrive(letter)}>{t("system.redrive")}</Button>{" "}
                    <Button size="compact-xs" variant="default" onClick={() => setRemoving(letter)}>{t("delete")}</Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div style={{ padding: "7px 12px 9px" }}><SourceLine source="/api/v1/system/dead-letters" asOf={dataUpdatedAt || undefined} isStale={false}>{data && t("table.shown", { shown: count(data.items.length, i18n.language), total: count(data.total, i18n.language) })}</SourceLine></div>
      {removing && (
        <Confirm title={t("system.removeAsk")} confirm={t("delete")} onClose={() => setRemoving(undefined)} onConfirm={() => told({ doing: t("system.removing"), done: t("system.removed"), failed: t("system.removeFailed") }, async () => {
          await body(api.DELETE("/api/v1/system/dead-letters/{id}", { params: { path: { id: removing.id } } }));
          await again();
        })}>
          {removing.reason} · <span className="mono">{removing.entity}</span>
        </Confirm>
      )}
    </Panel>
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
      {isAdmin && <Letters />}
    </Page>
  );
}
