import { Select } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { isSettled, microsOf } from "@/time/moment";
import { pastQuery } from "@/time/past_query";
import { useRecord } from "@/time/record";
import { TimeBar } from "@/time/time_bar";
import { DataTable } from "@/ui/data_table";
import { count } from "@/ui/format";
import { FilterChips } from "@/ui/list/filter_chips";
import { Empty, Failed, Loading, Page } from "@/ui/page";
import { SearchBox } from "@/ui/search_box";
import { SourceLine } from "@/ui/source";
import { Moment } from "@/ui/time";
import tools from "@/ui/toolbar.module.css";
import { useColumns } from "../deployment_list";
import { statuses, type DeploymentFilter } from "../filter";
import { kRowsMax, readAllAt, readPageAt } from "./api";
import { RowDifferences } from "./differences";
import classes from "../deployments.module.css";

function useRowsAt(filter: DeploymentFilter, at: string) {
  const found = useInfiniteQuery({
    queryKey: ["deployments", filter, "at", at],
    queryFn: ({ pageParam, signal }) => readPageAt(filter, at, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: isSettled(at) ? Infinity : 0,
    placeholderData: keepPreviousData,
  });
  const { data, hasNextPage, isFetching, fetchNextPage } = found;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  // The server gives up on a page that costs too much; what it found by then may be nothing.
  const isEmpty = rows?.length === 0;
  useEffect(() => {
    if (isEmpty && hasNextPage && !isFetching) void fetchNextPage();
  }, [isEmpty, hasNextPage, isFetching, fetchNextPage]);
  return { ...found, rows, first: data?.pages[0] };
}

function ThenTable({ filter, at, onBusy }: { filter: DeploymentFilter; at: string; onBusy: (isBusy: boolean) => void }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const live = useColumns(at);
  // How long ago it was made says nothing of then.
  const columns = useMemo(() => live.map((column) => (column.id === "created" ? { ...column, width: 172, cell: (row: Deployment) => <Moment at={row.created_at} /> } : column)), [live]);
  const { rows, first, error, hasNextPage, isFetching, fetchNextPage, dataUpdatedAt, isPlaceholderData } = useRowsAt(filter, at);
  useEffect(() => onBusy(isPlaceholderData), [isPlaceholderData, onBusy]);
  const isFiltered = Object.keys(filter).length > 0;

  if (!rows) return <div className={tools.box}>{error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading rows={9} />}</div>;
  const total = first?.total ?? undefined;
  return (
    <>
      {rows.length === 0 ? (
        <div className={tools.box}>{hasNextPage ? <Loading rows={9} /> : <Empty title={t(isFiltered ? "time.noneThenFound" : "time.noneThen")} hint={t("time.noneThenHint")} />}</div>
      ) : (
        <DataTable label={t("deployments.title")} rows={rows} columns={columns} nameOf={(row) => row.name} onOpen={(row) => void navigate({ to: "/deployments/$id/$tab", params: { id: row.id, tab: "logs" }, search: { at } })} onEnd={() => hasNextPage && !isFetching && void fetchNextPage()} />
      )}
      <SourceLine source="/api/v1/deployments?at=…" asOf={dataUpdatedAt} isStale={isPlaceholderData}>
        {t("table.shown", { shown: count(rows.length, i18n.language), total: total === undefined ? `≥ ${count(first?.total_at_least ?? rows.length, i18n.language)}` : count(total, i18n.language) })}
      </SourceLine>
    </>
  );
}

/** What became of the list between two moments. */
export function ListDifferences({ filter, at, than }: { filter: DeploymentFilter; at: string; than: string }) {
  const { t, i18n } = useTranslation();
  const [a, b] = [useAllAt(filter, at), useAllAt(filter, than)];
  const [from, to] = [microsOf(at) ?? 0, microsOf(than) ?? 0];
  const error = a.error ?? b.error;
  if (error) return <Failed failure={{ code: "", detail: error.message }} />;
  if (!a.data || !b.data) return <Loading />;
  const isForth = from <= to;
  return (
    <>
      {!(a.data.isWhole && b.data.isWhole) && <div className={classes.warning} role="alert">{t("time.notWhole", { n: count(kRowsMax, i18n.language) })}</div>}
      <RowDifferences before={(isForth ? a : b).data?.rows ?? []} after={(isForth ? b : a).data?.rows ?? []} span={{ from: Math.min(from, to), to: Math.max(from, to), was: isForth ? at : than, at: isForth ? than : at }} />
    </>
  );
}

export const useAllAt = (filter: DeploymentFilter, at: string) => useQuery(pastQuery(["deployments", "all", filter], at, (signal) => readAllAt(filter, at, signal)));

/** The list as it was. Nothing can be done to what was. */
export default function PastList({ filter, at, than }: { filter: DeploymentFilter; at: string; than: string | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const course = useRecord(at);
  const [isBusy, setBusy] = useState(false);
  const setFilter = (change: Record<string, unknown>) => void navigate({ to: "/deployments", search: (old) => ({ ...old, ...change }) as DeploymentFilter, replace: true });
  return (
    <>
      <TimeBar micros={microsOf(at)} than={than === undefined ? undefined : microsOf(than)} course={course} isBusy={isBusy} />
      <Page title={t("deployments.title")} fill>
        <div className={tools.bar}>
          <SearchBox label={t("deployments.search")} value={filter.text} onSearch={(text) => setFilter({ text })} />
          <Select size="sm" className={tools.select} aria-label={t("deployments.statusTitle")} placeholder={t("filter.anyStatus")} clearable value={filter.status ?? null} data={statuses.map((status) => ({ value: status, label: t(`deployments.status.${status}`) }))} onChange={(status) => setFilter({ status: status ?? undefined })} />
          <FilterChips chips={(["provider", "owner", "label"] as const).map((name) => ({ name: t(`lists.${name}`), value: filter[name], onRemove: () => setFilter({ [name]: undefined }) }))} />
        </div>
        {than === undefined ? <ThenTable filter={filter} at={at} onBusy={setBusy} /> : <ListDifferences filter={filter} at={at} than={than} />}
      </Page>
    </>
  );
}
