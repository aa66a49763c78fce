import { Button, Select, Switch, TextInput } from "@mantine/core";
import { useDebouncedCallback, useLocalStorage } from "@mantine/hooks";
import { IconDownload, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { useLive } from "@/live/use_live";
import { count } from "@/ui/format";
import { Empty, Failed, Loading } from "@/ui/page";
import { save } from "@/ui/save";
import { SourceLine } from "@/ui/source";
import { told } from "@/ui/toasts";
import tools from "@/ui/toolbar.module.css";
import { downloadLogs, lineAfter, readLogs } from "./log_api";
import { beginsAt, logSource } from "./log_book";
import { LogHits } from "./log_hits";
import { LogView, type LogViewHandle } from "./log_view";
import classes from "./logs.module.css";

export interface LogSearch {
  line?: number;
  contains?: string;
  stream?: "stdout" | "stderr";
}

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
  const isSearch = search.contains !== undefined || search.stream !== undefined;

  // The stream begins with the last thousand lines; where those before them begin is asked once.
  const isOpen = book !== undefined && book.last > 0 && !book.isFirstKnown;
  useEffect(() => {
    if (!isOpen) return;
    readLogs(id, { limit: 1 })
      .then(({ items }) => live.store.update((old) => beginsAt(old, items[0]?.seq ?? old.first)))
      .catch(() => live.store.update((old) => beginsAt(old, old.first)));
  }, [id, isOpen, live.store]);

  const setSearch = (next: LogSearch) =>
    void navigate({ to: "/deployments/$id/$tab", params: { id, tab: "logs" }, search: next, replace: true });
  const setContains = useDebouncedCallback((contains: string) => setSearch({ ...search, contains: contains || undefined } as LogSearch), 250);
  const hrefOf = (seq: number) => `/deployments/${id}/logs?line=${seq}`;
  const pick = (seq: number) => {
    setFollowing(false);
    setSearch({ line: seq });
    view.current?.goTo(seq);
  };

  async function jump(to: string) {
    if (!to) return;
    const seq = await lineAfter(id, new Date(to).toISOString());
    pick(seq ?? book?.last ?? 1);
  }

  const download = () =>
    told({ doing: t("logs.downloading"), done: t("logs.downloaded"), failed: t("logs.downloadFailed") }, async () =>
      save(await downloadLogs(id, withTime), `${name}.log.gz`),
    );

  return (
    <>
      <div className={tools.bar}>
        <TextInput className={tools.search} size="xs" leftSection={<IconSearch size={14} />} placeholder={t("logs.search")} aria-label={t("logs.search")} defaultValue={search.contains ?? ""} key={search.contains === undefined ? "none" : "some"} onChange={(event) => setContains(event.currentTarget.value)} autoFocus={search.contains !== undefined} />
        <Select size="xs" w={120} aria-label={t("logs.stream")} placeholder={t("logs.bothStreams")} clearable value={search.stream ?? null} data={["stdout", "stderr"]} onChange={(stream) => setSearch({ ...search, stream: (stream ?? undefined) as "stdout" | undefined } as LogSearch)} />
        <TextInput size="xs" type="datetime-local" step={1} aria-label={t("logs.jump")} title={t("logs.jump")} onChange={(event) => void jump(event.currentTarget.value)} />
        <div className={classes.options}>
          <Switch size="xs" label={t("logs.times")} checked={withTime} onChange={(event) => setWithTime(event.currentTarget.checked)} />
          <Switch size="xs" label={t("logs.wrap")} checked={wrap} onChange={(event) => setWrap(event.currentTarget.checked)} />
          <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} />} onClick={() => void download()}>
            {t("logs.download")}
          </Button>
        </div>
      </div>
      {isSearch ? (
        <LogHits id={id} contains={search.contains} stream={search.stream} last={book?.last ?? 0} withTime={withTime} wrap={wrap} onPick={pick} hrefOf={hrefOf} />
      ) : book === undefined || isOpen ? (
        live.phase === "failed" ? <Failed failure={live.failure} /> : <Loading />
      ) : book.last === 0 ? (
        <div className={tools.box}>
          <Empty title={t("logs.none")} hint={t("logs.noneHint")} />
        </div>
      ) : (
        <LogView ref={view} id={id} book={book} store={live.store} withTime={withTime} wrap={wrap} marked={search.line} isFollowing={isFollowing} onFollow={setFollowing} onPick={pick} hrefOf={hrefOf} />
      )}
      <SourceLine source={`deployments/…/logs`} asOf={live.asOf} isStale={live.isStale}>
        {book && t("logs.lines", { count: book.last, n: count(book.last, i18n.language) })}
        {!isSearch && (isFollowing ? ` · ${t("logs.following")}` : ` · ${t("logs.paused")}`)}
      </SourceLine>
    </>
  );
}
