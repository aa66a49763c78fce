import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Virtuoso } from "react-virtuoso";
import { Problem, type LogLine } from "@/api/client";
import { Empty, Failed, Loading } from "@/ui/page";
import { readLogs } from "./log_api";
import { LogRow } from "./log_line";
import classes from "./logs.module.css";

const kHitsPerPage = 1_000;

interface HitsProps {
  id: string;
  contains: string | undefined;
  stream: "stdout" | "stderr" | undefined;
  /** Lines up to this time alone. */
  until?: string;
  /** The last line that is known: newer ones are searched as they come. */
  last: number;
  withTime: boolean;
  wrap: boolean;
  onPick: (seq: number) => void;
  hrefOf: (seq: number) => string;
}

interface Found {
  lines: LogLine[];
  next: string | undefined;
}

/** Lines that the server found, from the first on; a click shows one among its neighbours. */
export function LogHits({ id, contains, stream, until, last, withTime, wrap, onPick, hrefOf }: HitsProps) {
  const { t } = useTranslation();
  const [found, setFound] = useState<Found>();
  const [failure, setFailure] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);

  async function search(after: string | undefined, before: LogLine[], isWanted: () => boolean) {
    setBusy(true);
    try {
      const page = await readLogs(id, { limit: kHitsPerPage, ...(after ? { after } : {}), ...(contains ? { contains } : {}), ...(stream ? { stream } : {}), ...(until ? { to: until } : {}) });
      if (!isWanted()) return;
      setFound({ lines: [...before, ...page.items], next: page.items.length < kHitsPerPage ? undefined : page.next_cursor });
      setFailure(undefined);
    } catch (error) {
      if (isWanted() && error instanceof Problem) setFailure(error);
    } finally {
      if (isWanted()) setBusy(false);
    }
  }

  useEffect(() => {
    let wanted = true;
    setFound(undefined);
    void search(undefined, [], () => wanted);
    return () => {
      wanted = false;
    };
    // Searched anew for another question, not for each line that comes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id, contains, stream, until]);

  if (failure) return <Failed failure={failure} />;
  if (!found) return <Loading />;
  if (found.lines.length === 0) return <Empty title={t("logs.noHits")} hint={t("logs.noHitsHint", { count: last })} />;
  return (
    <div className={classes.view}>
      <Virtuoso
        style={{ height: "100%" }}
        data={found.lines}
        role="table"
        aria-label={t("logs.hits")}
        tabIndex={0}
        computeItemKey={(_, line) => line.seq}
        itemContent={(_, line) => <LogRow seq={line.seq} line={line} withTime={withTime} wrap={wrap} isMarked={false} find={contains ?? ""} href={hrefOf(line.seq)} onPick={onPick} />}
      />
      {found.next && (
        <Button className={classes.follow} size="compact-md" loading={isBusy} onClick={() => void search(found.next, found.lines, () => true)}>
          {t("logs.moreHits")}
        </Button>
      )}
    </div>
  );
}
