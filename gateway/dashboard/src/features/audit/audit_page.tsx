import { Button, Code } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CloudEvent } from "@/api/client";
import { useLive } from "@/live/use_live";
import { useMay } from "@/session/session";
import { DataTable, type Column } from "@/ui/data_table";
import { SideDialog } from "@/ui/dialog";
import { count, shortId } from "@/ui/format";
import { ListTools } from "@/ui/list/list_tools";
import { Empty, Failed, Loading, Page } from "@/ui/page";
import { scrolls } from "@/ui/scrolls";
import { SourceLine } from "@/ui/source";
import { Moment } from "@/ui/time";
import tools from "@/ui/toolbar.module.css";
import cells from "@/features/deployments/deployments.module.css";
import { AuditTools } from "./audit_tools";
import { useVerification } from "./use_verification";
import { VerifyDialog } from "./verify_dialog";
import { auditExport, auditSource, matching, shortType, type AuditFilter } from "./api";

function Subject({ id }: { id: string }) {
  const link = { className: "mono", tabIndex: -1 };
  if (id.startsWith("dep_")) return <Link to="/deployments/$id/$tab" params={{ id, tab: "history" }} {...link}>{shortId(id)}</Link>;
  if (id.startsWith("tsk_")) return <Link to="/tasks/$id" params={{ id }} {...link}>{shortId(id)}</Link>;
  return <span className="mono">{id.includes("_") ? shortId(id) : id}</span>;
}

const none: readonly string[] = [];

interface AuditProps {
  filter: AuditFilter;
  /** The event that is looked at. */
  event: string | undefined;
  isFollowing: boolean;
}

export function AuditPage({ filter, event: openedId, isFollowing }: AuditProps) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const live = useLive(auditSource);
  // What was there when following ended; of a page that was opened so, what it read first.
  const [held, setHeld] = useState<CloudEvent[]>();
  const may = useMay();
  const verification = useVerification();
  const [isVerifying, setVerifying] = useState(false);
  const verify = () => {
    setVerifying(true);
    void verification.start();
  };
  const set = useCallback((change: { [K in keyof AuditFilter]?: AuditFilter[K] | undefined } & { follow?: false | undefined }) => void navigate({ to: "/audit", search: (old) => ({ ...old, ...change }) as AuditFilter, replace: true }), [navigate]);
  const { store } = live;
  const follow = useCallback(
    (isWanted: boolean) => {
      setHeld(store.getView().state?.events);
      set({ follow: isWanted ? undefined : false });
    },
    [store, set],
  );
  const onText = useCallback((text: string | undefined) => set({ text }), [set]);
  const onType = useCallback((type: string | undefined) => set({ type }), [set]);
  // Each event that is looked at is a place to come back from.
  const open = (event: string | undefined) => void navigate({ to: "/audit", search: ({ event: _, ...rest }) => (event === undefined ? rest : { ...rest, event }) });
  const events = live.state?.events;
  if (!isFollowing && held === undefined && events !== undefined) setHeld(events);

  const all = useMemo(() => (isFollowing ? events : (held ?? events)) ?? [], [isFollowing, events, held]);
  const opened = openedId === undefined ? undefined : (events?.find(({ id }) => id === openedId) ?? all.find(({ id }) => id === openedId));
  const match = useMemo(() => matching(filter), [filter]);
  const rows = useMemo(() => match(all), [all, match]);
  const types = live.state?.types ?? none;
  const columns = useMemo<Column<CloudEvent>[]>(
    () => [
      { id: "type", title: t("audit.type"), cell: (event) => <div className={cells.two}><span className={cells.name}>{shortType(event.type)}</span><span className={`dim cut ${cells.small}`}>{event.actor}</span></div> },
      { id: "subject", title: t("audit.subject"), width: "28%", narrowWidth: 118, cell: (event) => <Subject id={event.subject} /> },
      { id: "project", title: t("audit.project"), width: 110, wide: true, cell: (event) => <span className="cut">{event.project ?? "–"}</span> },
      { id: "position", title: t("audit.position"), width: 90, align: "right", wide: true, cell: (event) => <span className="mono dim">{event.id}</span> },
      { id: "time", title: t("audit.time"), width: 172, align: "right", wide: true, cell: (event) => <Moment at={event.time} /> },
    ],
    [t],
  );

  // What does not hang on the events is not drawn again whenever one comes.
  const isAdmin = may("admin");
  const actions = useMemo(
    () => (
      <>
        {isAdmin && <Button size="sm" variant="default" leftSection={<IconShieldCheck size={15} />} onClick={verify}>{t("verify.open")}</Button>}
        <ListTools table="audit" columns={columns} what={t("audit.title")} read={auditExport(filter)} />
      </>
    ),
    // What verifies stays the same for as long as the page is there.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [isAdmin, columns, filter, t],
  );

  return (
    <Page
      title={t("audit.title")}
      fill
      actions={actions}
    >
      <AuditTools filter={filter} types={types} isFollowing={isFollowing} onText={onText} onType={onType} onFollow={follow} />
      {live.state === undefined ? (
        <div className={tools.box}>{live.phase === "failed" ? <Failed failure={live.failure} /> : <Loading rows={9} />}</div>
      ) : rows.length === 0 ? (
        <div className={tools.box}><Empty title={t("audit.none")} hint={t("audit.noneHint")} /></div>
      ) : (
        <DataTable name="audit" label={t("audit.title")} rows={rows} columns={columns} nameOf={(event) => event.id} onOpen={(event) => open(event.id)} />
      )}
      <SourceLine source="/api/v1/events" asOf={live.asOf} isStale={live.isStale}>{t("audit.shown", { n: count(rows.length, i18n.language) })}</SourceLine>
      {isVerifying && verification.state && (
        <VerifyDialog
          state={verification.state}
          onAgain={verify}
          onClose={() => {
            verification.stop();
            setVerifying(false);
          }}
        />
      )}
      {openedId !== undefined && events !== undefined && (
        <SideDialog onClose={() => open(undefined)} title={opened ? shortType(opened.type) : openedId}>
          {opened ? <Code block {...scrolls(t("audit.type"))}>{JSON.stringify(opened, null, 2)}</Code> : <Empty title={t("lists.eventGone")} hint={t("audit.noneHint")} />}
        </SideDialog>
      )}
    </Page>
  );
}
