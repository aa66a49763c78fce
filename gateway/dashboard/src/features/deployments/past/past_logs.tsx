import { Switch } from "@mantine/core";
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
import { LogView, type LogViewHandle } from "../logs/log_view";
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

function Lines({ id, at, whole, line, withTime, wrap }: { id: string; at: string; whole: LogBook; line: number | undefined; withTime: boolean; wrap: boolean }) {
  const navigate = useNavigate();
  const store = useMemo(() => new PastBook(whole), [whole]);
  const { state: book } = useSyncExternalStore(store.listen, store.getView);
  const view = useRef<LogViewHandle>(null);
  const [isFollowing, setFollowing] = useState(line === undefined);
  const marked = line !== undefined && line <= book.last ? line : undefined;
  const pick = (seq: number) => {
    setFollowing(false);
    void navigate({ to: "/deployments/$id/$tab", params: { id, tab: "logs" }, search: { at, line: seq }, replace: true });
  };
  return <LogView ref={view} id={id} book={book} store={store} withTime={withTime} wrap={wrap} marked={marked} isFollowing={isFollowing} onFollow={setFollowing} onPick={pick} hrefOf={(seq) => `/deployments/${id}/logs?at=${encodeURIComponent(at)}&line=${seq}`} />;
}

/** The log as it was: up to the moment, its last line in view. */
export function PastLogs({ id, at, micros, line }: { id: string; at: string; micros: number; line: number | undefined }) {
  const { t, i18n } = useTranslation();
  const [withTime, setWithTime] = useLocalStorage({ key: "computehub.logs.times", defaultValue: true });
  const [wrap, setWrap] = useLocalStorage({ key: "computehub.logs.wrap", defaultValue: false });
  const until = isPosition(at) ? timeOf(micros) : at;
  // Lines have no version: those of a moment just past may still be on their way.
  const { data: book, error, dataUpdatedAt } = useQuery({ queryKey: ["deployments", id, "logs", "until", until], queryFn: () => readBook(id, until), refetchOnMount: "always" });
  return (
    <>
      <div className={tools.bar}>
        <div className={classes.options}>
          <Switch size="xs" label={t("logs.times")} checked={withTime} onChange={(event) => setWithTime(event.currentTarget.checked)} />
          <Switch size="xs" label={t("logs.wrap")} checked={wrap} onChange={(event) => setWrap(event.currentTarget.checked)} />
        </div>
      </div>
      {error ? <Failed failure={{ code: "", detail: error.message }} /> : !book ? <Loading /> : book.last === 0 ? <div className={tools.box}><Empty title={t("time.noLogs")} /></div> : <Lines id={id} at={at} whole={book} line={line} withTime={withTime} wrap={wrap} />}
      <SourceLine source="deployments/…/logs?to=…" asOf={dataUpdatedAt || undefined} isStale={false}>
        {book && `${t("logs.lines", { count: book.last, n: count(book.last, i18n.language) })} · ${t("time.logsUntil")}`}
      </SourceLine>
    </>
  );
}
