import { ActionIcon, Button, Select } from "@mantine/core";
import { IconPlayerPlay, IconPlayerStop, IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { addressOf } from "@/api/download";
import { useLiveList } from "@/live/use_live_list";
import { useMay } from "@/session/session";
import { PastButton } from "@/time/past_button";
import { DataTable, type Column } from "@/ui/data_table";
import { count, shortId, usd } from "@/ui/format";
import { exportOf } from "@/ui/list/export_menu";
import { FilterChips } from "@/ui/list/filter_chips";
import { ListTools } from "@/ui/list/list_tools";
import { Empty, Failed, Loading, Page } from "@/ui/page";
import { useOffer } from "@/ui/page_actions";
import { saidIn } from "@/ui/said";
import { SearchBox } from "@/ui/search_box";
import { SourceLine } from "@/ui/source";
import { Ago } from "@/ui/time";
import tools from "@/ui/toolbar.module.css";
import { applies, deploymentList, type Action } from "./api";
import { BatchDialog } from "./batch_dialog";
import { Cost } from "./cost_shown";
import { DeploymentStatus } from "./deployment_status";
import { useProviders } from "./use_providers";
import { statuses, type DeploymentFilter } from "./filter";
import classes from "./deployments.module.css";

/** `at`: the moment to which links lead, and at which costs stand still; absent: now. */
export function useColumns(at?: string): Column<Deployment>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "name",
        title: t("deployments.name"),
        cell: (row) => (
          <div className={classes.two}>
            <Link to="/deployments/$id/$tab" params={{ id: row.id, tab: "logs" }} search={at ? { at } : {}} className={classes.name} tabIndex={-1}>
              {row.name}
            </Link>
            <span className={`mono dim ${classes.small}`}>{shortId(row.id)}</span>
          </div>
        ),
      },
      {
        id: "status",
        title: t("deployments.statusTitle"),
        width: "34%",
        narrowWidth: "46%",
        cell: (row) => (
          <div className={classes.two}>
            <DeploymentStatus deployment={row} />
            <span className={`dim cut ${classes.small}`} title={saidIn(t, row.reason.text)}>
              {saidIn(t, row.reason.text)}
            </span>
          </div>
        ),
      },
      {
        id: "place",
        title: t("deployments.place"),
        width: 150,
        wide: true,
        cell: (row) => (
          <div className={classes.two}>
            <span className="cut">{row.host ?? "–"}</span>
            <span className={`dim cut ${classes.small}`}>
              {row.provider}
              {row.gpu ? ` · ${row.gpu.count ?? 1} × ${row.gpu.model}` : ""}
            </span>
          </div>
        ),
      },
      {
        id: "cost",
        title: t("deployments.cost"),
        width: 120,
        align: "right",
        wide: true,
        cell: (row) => (
          <div className={classes.two}>
            {at ? <span className="num">{usd(row.cost_usd_micro)}</span> : <Cost of={row} />}
            <span className={`dim num ${classes.small}`}>{t("deployments.perHour", { price: usd(row.price_usd_micro_per_hour) })}</span>
          </div>
        ),
      },
      { id: "restarts", title: t("deployments.restarts"), width: 84, align: "right", wide: true, cell: (row) => <span className="num">{row.restarts}</span> },
      { id: "created", title: t("deployments.created"), width: 120, align: "right", wide: true, cell: (row) => <Ago at={row.created_at} /> },
    ],
    [t, at],
  );
}

const icons = { start: IconPlayerPlay, stop: IconPlayerStop, delete: IconTrash };

export function DeploymentList({ filter }: { filter: DeploymentFilter }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const may = useMay();
  const columns = useColumns();
  const providers = useProviders();
  const list = useLiveList(useMemo(() => deploymentList(filter), [filter]));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<{ action: Action; rows: Deployment[] }>();
  const search = useRef<HTMLInputElement>(null);

  const setFilter = (change: Partial<DeploymentFilter>) =>
    void navigate({ to: "/deployments", search: (old) => ({ ...old, ...change }) as DeploymentFilter, replace: true });

  const rows = list.state?.rows ?? [];
  const isFiltered = Object.keys(filter).length > 0;
  const canAct = may("dev");
  const chosen = rows.filter((row) => selected.has(row.id));
  const total = list.state?.total;
  useOffer((canAct && chosen.length > 0 ? (["start", "stop", "delete"] as const) : []).map((action) => ({ id: action, label: t("desk.act.chosen", { action: t(`deployments.action.${action}`), count: chosen.length }), run: () => setAsking({ action, rows: chosen }) })));

  const content = list.state === undefined
    ? list.phase === "failed" ? <Failed failure={list.failure} /> : <Loading rows={9} />
    : rows.length === 0
      ? isFiltered
        ? <Empty title={t("deployments.noneFound")} hint={t("deployments.noneFoundHint")} action={<Button variant="default" onClick={() => void navigate({ to: "/deployments", search: {} })}>{t("filter.clear")}</Button>} />
        : <Empty title={t("deployments.none")} hint={t("deployments.noneHint")} action={canAct && <Button component={Link} to="/deployments/new">{t("deployments.new")}</Button>} />
      : undefined;

  // What does not hang on the rows is not drawn again whenever one of them changes.
  const actions = useMemo(
    () => (
      <>
        <PastButton />
        <ListTools table="deployments" columns={columns} what={t("deployments.title")} read={exportOf(addressOf("/api/v1/deployments", { ...filter }))} />
        {canAct && (
          <Button component={Link} to="/deployments/new" leftSection={<IconPlus size={16} />} size="sm">
            {t("deployments.new")}
          </Button>
        )}
      </>
    ),
    [canAct, columns, filter, t],
  );
  const filters = useMemo(
    () => (
      <>
        <SearchBox ref={search} label={t("deployments.search")} value={filter.text} onSearch={(text) => setFilter({ text } as Partial<DeploymentFilter>)} />
        <Select size="sm" className={tools.select} aria-label={t("deployments.statusTitle")} placeholder={t("filter.anyStatus")} clearable value={filter.status ?? null} data={statuses.map((status) => ({ value: status, label: t(`deployments.status.${status}`) }))} onChange={(status) => setFilter({ status: statuses.find((one) => one === status) } as Partial<DeploymentFilter>)} />
        <Select size="sm" className={tools.select} aria-label={t("lists.provider")} placeholder={t("lists.anyProvider")} clearable value={filter.provider ?? null} data={[...new Set([...providers, ...(filter.provider ? [filter.provider] : [])])]} onChange={(provider) => setFilter({ provider: provider ?? undefined } as Partial<DeploymentFilter>)} />
        <FilterChips chips={(["owner", "label"] as const).map((name) => ({ name: t(`lists.${name}`), value: filter[name], onRemove: () => setFilter({ [name]: undefined }) }))} />
      </>
    ),
    // The setters change with the place alone.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [filter, t, providers],
  );

  return (
    <Page
      title={t("deployments.title")}
      fill
      actions={actions}
    >
      <div className={tools.bar}>
        {filters}
        {chosen.length > 0 && (
          <div className={tools.chosen} role="toolbar" aria-label={t("table.chosenActions")}>
            <span className="num">{t("table.chosen", { count: chosen.length })}</span>
            {(["start", "stop", "delete"] as const).map((action) => {
              const Icon = icons[action];
              return (
                <Button key={action} size="compact-sm" variant="default" disabled={!chosen.some((row) => applies(action, row.status))} leftSection={<Icon size={14} />} onClick={() => setAsking({ action, rows: chosen })}>
                  {t(`deployments.action.${action}`)}
                </Button>
              );
            })}
            <ActionIcon size="sm" variant="subtle" color="gray" onClick={() => setSelected(new Set())} aria-label={t("table.chooseNone")}>
              <IconX size={14} />
            </ActionIcon>
          </div>
        )}
      </div>
      {content ? <div className={tools.box}>{content}</div> : (
        <DataTable
          name="deployments"
          label={t("deployments.title")}
          rows={rows}
          columns={columns}
          nameOf={(row) => row.name}
          onOpen={(row) => void navigate({ to: "/deployments/$id/$tab", params: { id: row.id, tab: "logs" } })}
          onEnd={list.more}
          selection={canAct ? { ids: selected, set: setSelected } : undefined}
          onKey={(event, row) => {
            if (event.key === "/") {
              event.preventDefault();
              search.current?.focus();
            } else if (event.key === "Delete" && canAct) {
              const doomed = chosen.length > 0 ? chosen : row ? [row] : [];
              if (doomed.length > 0) setAsking({ action: "delete", rows: doomed });
            }
          }}
        />
      )}
      <SourceLine source="/api/v1/deployments" asOf={list.asOf} isStale={list.isStale}>
        {list.state && t("table.shown", { shown: count(rows.length, i18n.language), total: total === undefined ? `≥ ${count(list.state.totalAtLeast ?? rows.length, i18n.language)}` : count(total, i18n.language) })}
      </SourceLine>
      {asking && (
        <BatchDialog
          action={asking.action}
          rows={asking.rows}
          onClose={(done) => {
            setAsking(undefined);
            if (done) setSelected(new Set());
          }}
        />
      )}
    </Page>
  );
}
