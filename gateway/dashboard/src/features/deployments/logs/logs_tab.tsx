import { useLocalStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { backoffMs } from "@/live/backoff";
import { useLive } from "@/live/use_live";
import { count } from "@/ui/format";
import { Empty, Failed, Loading } from "@/ui/page";
import { save } from "@/ui/save";
import { SourceLine } from "@/ui/source";
import { told } from "@/ui/toasts";
import tools from "@/ui/toolbar.module.css";
import { downloadLogs, readLogs } from "./log_api";
import { beginsAt, logSource } from "./log_book";
import { LogHits } from "./log_hits";
import { LogTools, type LogSearch } from "./log_tools";
import { LogView, type LogViewHandle } from "./log_view";

export type { LogSearch };

export function LogsTab({ deployment, search }: { deployment: Deployment; search: LogSearch }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const { id, name } = deployment;
  const live = useLive(useMemo(() => logSource(id), [id]));
  const view = useRef<LogViewHandle>(null);
  const [isFollowing, setFollowing] = useState(search.line === undefined);
  const [withTime, setWithTime] = useLocalStorage({ key: "computehub.logs.times", defaultValue: true });
  const [wrap, setWrap] = useLocalStorage({ key: "computehub.logs.wrap", defaultValue: false });
  const book = live.state;
  const { contains, stream } = search;
  const isSearch = contains !== undefined || stream !== undefined;

  // The stream begins with the last thousand lines; where those before them begin is asked once.
  // Asked until it is answered: what is taken for the beginning meanwhile hides all lines before it.
  const { store } = live;
  const isOpen = book !== undefined && book.last > 0 && !book.isFirstKnown;
  const begin = useQuery({
    queryKey: ["deployments", id, "logs", "first"],
    queryFn: async () => (await readLogs(id, { limit: 1 })).items[0]?.seq ?? null,
    enabled: isOpen,
    retry: true,
    retryDelay: (attempt) => backoffMs(attempt),
    gcTime: 0,
  });
  useEffect(() => {
    if (isOpen && begin.data !== undefined) store.update((old) => beginsAt(old, begin.data ?? old.first));
  }, [isOpen, begin.data, store]);

  const setSearch = useCallback(
    (next: LogSearch, replace = true) => void navigate({ to: "/deployments/$id/$tab", params: { id, tab: "logs" }, search: next, replace }),
    [id, navigate],
  );
  const hrefOf = (seq: number) => `/deployments/${id}/logs?line=${seq}`;
  // A step back from a hit leads to the hits.
  const pick = useCallback(
    (seq: number) => {
      setFollowing(false);
      setSearch({ line: seq }, !isSearch);
      view.current?.goTo(seq);
    },
    [setSearch, isSearch],
  );
  const jumped = useCallback(
    (seq: number | undefined) => {
      const to = seq ?? store.getView().state?.last;
      if (to) pick(to);
    },
    [pick, store],
  );
  const download = useCallback(
    () =>
      void told({ doing: t("logs.downloading"), done: t("logs.downloaded"), failed: t("logs.downloadFailed") }, async () =>
        save(await downloadLogs(id, withTime, { ...(contains ? { contains } : {}), ...(stream ? { stream } : {}) }), `${name}.log.gz`),
      ),
    [t, id, name, withTime, contains, stream],
  );

  return (
    <>
      <LogTools id={id} search={search} onSearch={setSearch} onLine={jumped} withTime={withTime} onTime={setWithTime} wrap={wrap} onWrap={setWrap} onDownload={download} />
      {isSearch && book === undefined && live.phase !== "failed" ? (
        // How many lines there are is known first: those behind them are the newer ones.
        <Loading />
      ) : isSearch ? (
        <LogHits id={id} contains={search.contains} stream={search.stream} last={book?.last ?? 0} withTime={withTime} wrap={wrap} onPick={pick} hrefOf={hrefOf} />
      ) : book === undefined || isOpen ? (
        live.phase === "failed" ? <Failed failure={live.failure} /> : begin.failureCount > 0 ? <Empty title={t("logView.retrying")} /> : <Loading />
      ) : book.last === 0 ? (
        <div className={tools.box}>
          <Empty title={t("logs.none")} hint={t("logs.noneHint")} />
        </div>
      ) : (
        <LogView ref={view} id={id} book={book} store={live.store} withTime={withTime} wrap={wrap} marked={search.line} isFollowing={isFollowing} onFollow={setFollowing} onPick={pick} hrefOf={hrefOf} />
      )}
      <SourceLine source={`deployments/…/logs`} asOf={live.asOf} isStale={live.isStale}>
        {book && [t("logs.lines", { count: book.last, n: count(book.last, i18n.language) }), ...(isSearch ? [] : [t(isFollowing ? "logs.following" : "logs.paused")])].join(" · ")}
      </SourceLine>
    </>
  );
}
