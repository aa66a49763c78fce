import { Select, Switch } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { isPosition, timeOf } from "@/time/moment";
import { count } from "@/ui/format";
import { Empty, Failed, Loading } from "@/ui/page";
import { SourceLine } from "@/ui/source";
import tools from "@/ui/toolbar.module.css";
import { readLogs } from "../logs/log_api";
import { addLines, beginsAt, emptyBook, type LogBook } from "../logs/log_book";
import { LogHits } from "../logs/log_hits";
import type { LogSearch } from "../logs/logs_tab";
import { LogView, type LogViewHandle } from "../logs/log_view";
import { LogSearchBox } from "../logs/search_box";
import classes from "../logs/logs.module.css";

const kTail = 500;

/** The last lines up to a moment; those before are read when they come into view. */
async function readBook(id: string, until: string): Promise<LogBook> {
  const [last, first] = await Promise.all([readLogs(id, { to: until, tail: kTail }), readLogs(id, { limit: 1 })]);
  const book = addLines(emptyBook, last.items);
  return book.last === 0 ? book : beginsAt(book, Math.min(book.first, first.items[0]?.seq ?? book.first));
}

/** A book that nothing is added to but what is read of it. */
class PastBook {
  private readonly listeners = new Set<() => void>();
  private view: { state: LogBook };
  constructor(state: LogBook) {
    this.view = { state };
  }
  getView = () => this.view;
  listen = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  update(change: (book: LogBook) => LogBook): void {
    const { last } = this.view.state;
    this.view = { state: { ...change(this.view.state), last } };
    for (const listener of this.listeners) listener();
  }
}

interface LinesProps {
  id: string;
  whole: LogBook;
  line: number | undefined;
  withTime: boolean;
  wrap: boolean;
  onPick: (seq: number) => void;
  hrefOf: (seq: number) => string;
}

function Lines({ id, whole, line, withTime, wrap, onPick, hrefOf }: LinesProps) {
  const store = useMemo(() => new PastBook(whole), [whole]);
  const { state: book } = useSyncExternalStore(store.listen, store.getView);
  const view = useRef<LogViewHandle>(null);
  const [isFollowing, setFollowing] = useState(line === undefined);
  const marked = line !== undefined && line <= book.last ? line : undefined;
  const pick = (seq: number) => {
    setFollowing(false);
    onPick(seq);
  };
  return <LogView ref={view} id={id} book={book} store={store} withTime={withTime} wrap={wrap} marked={marked} isFollowing={isFollowing} onFollow={setFollowing} onPick={pick} hrefOf={hrefOf} />;
}

/** The log as it was: up to the moment, its last line in view. */
export function PastLogs({ id, at, micros, search }: { id: string; at: string; micros: number; search: LogSearch }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const [withTime, setWithTime] = useLocalStorage({ key: "computehub.logs.times", defaultValue: true });
  const [wrap, setWrap] = useLocalStorage({ key: "computehub.logs.wrap", defaultValue: false });
  const until = isPosition(at) ? timeOf(micros) : at;
  const setSearch = (next: LogSearch, replace = true) => void navigate({ to: "/deployments/$id/$tab", params: { id, tab: "logs" }, search: { ...next, at }, replace });
  const hrefOf = (seq: number) => `/deployments/${id}/logs?at=${encodeURIComponent(at)}&line=${seq}`;
  const isSearch = search.contains !== undefined || search.stream !== undefined;
  // Lines have no version: those of a moment just past may still be on their way.
  const { data: book, error, dataUpdatedAt } = useQuery({ queryKey: ["deployments", id, "logs", "until", until], queryFn: () => readBook(id, until), refetchOnMount: "always" });
  return (
    <>
      <div className={tools.bar}>
        <LogSearchBox text={search.contains ?? ""} onText={(contains) => setSearch({ ...search, contains: contains || undefined } as LogSearch)} />
        <Select size="xs" w={120} aria-label={t("logs.stream")} placeholder={t("logs.bothStreams")} clearable value={search.stream ?? null} data={["stdout", "stderr"]} onChange={(stream) => setSearch({ ...search, stream: (stream ?? undefined) as "stdout" | undefined } as LogSearch)} />
        <div className={classes.options}>
          <Switch size="xs" label={t("logs.times")} checked={withTime} onChange={(event) => setWithTime(event.currentTarget.checked)} />
          <Switch size="xs" label={t("logs.wrap")} checked={wrap} onChange={(event) => setWrap(event.currentTarget.checked)} />
        </div>
      </div>
      {isSearch && !book && !error ? (
        <Loading />
      ) : isSearch ? (
        <LogHits id={id} contains={search.contains} stream={search.stream} until={until} last={book?.last ?? 0} withTime={withTime} wrap={wrap} onPick={(seq) => setSearch({ line: seq }, false)} hrefOf={hrefOf} />
      ) : error ? (
        <Failed failure={{ code: "", detail: error.message }} />
      ) : !book ? (
        <Loading />
      ) : book.last === 0 ? (
        <div className={tools.box}><Empty title={t("time.noLogs")} /></div>
      ) : (
        <Lines id={id} whole={book} line={search.line} withTime={withTime} wrap={wrap} onPick={(seq) => setSearch({ line: seq })} hrefOf={hrefOf} />
      )}
      <SourceLine source="deployments/…/logs?to=…" asOf={dataUpdatedAt || undefined} isStale={false}>
        {book && `${t("logs.lines", { count: book.last, n: count(book.last, i18n.language) })} · ${t("time.logsUntil")}`}
      </SourceLine>
    </>
  );
}
