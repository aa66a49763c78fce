import { Code } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { CloudEvent, Deployment } from "@/api/client";
import { useQueryFreshness } from "@/live/use_query_freshness";
import { kEventsMax, useHistory } from "@/time/history";
import { DataTable, type Column } from "@/ui/data_table";
import { count } from "@/ui/format";
import { Failed, Loading } from "@/ui/page";
import { saidIn } from "@/ui/said";
import { scrolls } from "@/ui/scrolls";
import { SourceLine } from "@/ui/source";
import { Moment } from "@/ui/time";
import classes from "./deployments.module.css";

interface HistoryProps {
  deployment: Deployment;
  /** All events, of a deployment as it was: only what had happened then is shown. */
  past?: readonly CloudEvent[] | undefined;
  /** Shows the page as of an event. */
  onMoment: (at: string) => void;
}

export default function HistoryTab({ deployment, past, onMoment }: HistoryProps) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const { id, version } = deployment;
  const openId = useSearch({ strict: false, select: (search) => search.event });
  const open = (event: string | undefined) => void navigate({ to: ".", search: ({ event: _, ...rest }) => (event === undefined ? rest : { ...rest, event }), replace: true });
  const query = useHistory(id, past ? undefined : version);
  const { data, error } = query;
  const fresh = useQueryFreshness(query);
  const columns = useMemo<Column<CloudEvent>[]>(
    () => [
      { id: "version", title: "#", width: 52, narrowWidth: 44, align: "right", cell: (event) => <button type="button" className={classes.moment} title={t("time.toEvent")} aria-label={t("time.toEventOf", { n: event.version })} onClick={() => onMoment(event.id)}>{event.version}</button> },
      { id: "type", title: t("audit.type"), cell: (event) => <><div className="cut" title={shortType(event.type)}>{shortType(event.type)}</div><div className="dim cut">{saidIn(t, reasonOf(event))}</div></> },
      { id: "actor", title: t("audit.actor"), width: 150, wide: true, cell: (event) => event.actor },
      { id: "time", title: t("audit.time"), width: 172, narrowWidth: 114, align: "right", cell: (event) => <Moment at={event.time} /> },
      { id: "position", title: t("audit.position"), width: 90, align: "right", wide: true, cell: (event) => <span className="mono dim">{event.id}</span> },
    ],
    [t, onMoment],
  );
  const events = past?.filter((event) => event.version <= version) ?? data;
  if (!events) return error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading />;
  const rows = [...events].reverse();
  const opened = rows.find((event) => event.id === openId);
  return (
    <>
      <DataTable label={t("deployments.tab.history")} rows={rows} columns={columns} nameOf={(event) => event.type} onOpen={(event) => open(event.id === openId ? undefined : event.id)} />
      {opened && <Code block style={{ maxHeight: "40%", flex: "none" }} {...scrolls(shortType(opened.type))}>{JSON.stringify(opened.data, null, 2)}</Code>}
      <SourceLine source="/api/v1/deployments/…/events" {...fresh}>{events.length >= kEventsMax && t("lists.cutHistory", { n: count(kEventsMax, i18n.language) })}</SourceLine>
    </>
  );
}

/** "computehub.deployment.started.v1" → "deployment.started" */
const shortType = (type: string) => type.replace(/^computehub\./, "").replace(/\.v\d+$/, "");

function reasonOf(event: CloudEvent): string {
  const reason: unknown = (event.data as { reason?: unknown }).reason;
  return reason !== null && typeof reason === "object" && "text" in reason ? String(reason.text) : "";
}
