import { Button } from "@mantine/core";
import { forwardRef, useEffect, useRef, useState, type HTMLAttributes } from "react";
import { useTranslation } from "react-i18next";
import { Virtuoso, type Components } from "react-virtuoso";
import { Problem, type LogLine } from "@/api/client";
import { count } from "@/ui/format";
import { Empty, Failed, Loading } from "@/ui/page";
import { readLogs } from "./log_api";
import { LogRow } from "./log_line";
import { moveAmongRows } from "./row_keys";
import classes from "./logs.module.css";

const kHitsPerPage = 1_000;
const kBeyond = 40;

interface HitsProps {
  id: string;
  contains: string | undefined;
  stream: "stdout" | "stderr" | undefined;
  /** Lines up to this time alone. */
  until?: string;
  /** The last line that is known; those behind the last one that was searched are offered. */
  last: number;
  withTime: boolean;
  wrap: boolean;
  onPick: (seq: number) => void;
  hrefOf: (seq: number) => string;
}

interface Found {
  lines: LogLine[];
  /** Behind the last line that was searched. */
  next: string;
  /** Whether there may be more of what was there when it was searched. */
  hasMore: boolean;
  /** The last line that was known when it was searched. */
  last: number;
}

const Scroller = forwardRef<HTMLDivElement, HTMLAttributes<HTMLDivElement> & { context?: { label: string } }>(function Scroller({ context, ...rest }, ref) {
  return <div {...rest} ref={ref} role="table" aria-label={context?.label} tabIndex={0} />;
});
const List = forwardRef<HTMLDivElement, HTMLAttributes<HTMLDivElement>>(function List(props, ref) {
  return <div {...props} ref={ref} role="rowgroup" />;
});
const components = { Scroller, List } as Components<LogLine, { label: string }>;

/** Searches from the first line on; what a question before this one finds is dropped. */
function useHits({ id, contains, stream, until, last }: Pick<HitsProps, "id" | "contains" | "stream" | "until" | "last">) {
  const [found, setFound] = useState<Found>();
  const [failure, setFailure] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const question = useRef(0);

  async function search(before?: Found) {
    const asked = ++question.current;
    setBusy(true);
    try {
      const page = await readLogs(id, { limit: kHitsPerPage, ...(before ? { after: before.next } : {}), ...(contains ? { contains } : {}), ...(stream ? { stream } : {}), ...(until ? { to: until } : {}) });
      if (question.current !== asked) return;
      setFound({ lines: [...(before?.lines ?? []), ...page.items], next: page.next_cursor, hasMore: page.items.length === kHitsPerPage, last });
      setFailure(undefined);
    } catch (error) {
      if (question.current === asked) setFailure(error instanceof Problem ? error : new Problem(0, "network", String(error)));
    } finally {
      if (question.current === asked) setBusy(false);
    }
  }

  useEffect(() => {
    setFound(undefined);
    void search();
    return () => {
      question.current += 1;
    };
    // Searched anew for another question, not for each line that comes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id, contains, stream, until]);

  return { found, failure, isBusy, searchOn: () => void search(found) };
}

/** Lines that the server found, from the first on; a click or Enter shows one among its neighbours. */
export function LogHits({ withTime, wrap, onPick, hrefOf, ...asked }: HitsProps) {
  const { t, i18n } = useTranslation();
  const { contains, until, last } = asked;
  const { found, failure, isBusy, searchOn } = useHits(asked);

  if (failure) return <Failed failure={failure} />;
  if (!found) return <Loading />;
  const newer = until === undefined ? Math.max(0, last - found.last) : 0;
  const further = (found.hasMore || newer > 0) && (
    <Button className={classes.follow} size="compact-md" loading={isBusy} onClick={searchOn}>
      {found.hasMore ? t("logs.moreHits") : t("logView.newer", { n: count(newer, i18n.language), count: newer })}
    </Button>
  );
  return (
    <div className={found.lines.length === 0 ? classes.none : classes.view} onKeyDown={moveAmongRows}>
      {found.lines.length === 0 ? (
        <Empty title={t("logs.noHits")} hint={t("logs.noHitsHint", { count: found.last })} />
      ) : (
        <Virtuoso
          style={{ height: "100%" }}
          data={found.lines}
          context={{ label: t("logs.hits") }}
          components={components}
          increaseViewportBy={kBeyond}
          computeItemKey={(_, line) => line.seq}
          itemContent={(_, line) => <LogRow seq={line.seq} line={line} withTime={withTime} wrap={wrap} isMarked={false} find={contains ?? ""} lost={t("logView.lost")} href={hrefOf(line.seq)} onPick={onPick} />}
        />
      )}
      {further}
    </div>
  );
}
