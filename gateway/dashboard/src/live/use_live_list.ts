import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { backoffMs } from "./backoff";
import { mayPass } from "./live_store";
import { addPage, applyChange, counted, firstPage, isOvergrown, type Page, type Row, type RowChange, type RowList } from "./row_list";
import { useLive, type Live } from "./use_live";

export interface PageRequest {
  cursor?: string;
  min_pos?: string;
  page_size: number;
  signal?: AbortSignal;
}

/** A list that the API reads page by page and a stream keeps up to date. */
export interface ListSource<R extends Row> {
  key: string;
  stream: string;
  read(request: PageRequest): Promise<Page<R> & { position?: string }>;
  /** Whether the server would list the row under this filter. */
  matches(row: R): boolean;
  /** What of a row may be kept in the browser; all of it by default. */
  keep?(row: R): R;
}

export interface LiveList<R extends Row> extends Live<RowList<R>> {
  /** Reads the next page, once at a time. */
  more(): void;
}

const kPageSize = 200;
/** As many as somebody would look through who has no server. */
const kKeptRowsMax = 200;
const kCountEveryMs = 2_000;

export function useLiveList<R extends Row>(source: ListSource<R>): LiveList<R> {
  const latest = useRef(source);
  latest.current = source;
  const live = useLive<RowList<R>>(
    useMemo(
      () => ({
        key: source.key,
        stream: source.stream,
        hasSnapshot: true,
        load: async ({ minPosition, signal }) => {
          const position = minPosition === undefined ? {} : { min_pos: minPosition };
          const page = await source.read({ page_size: kPageSize, signal, ...position });
          return { state: firstPage(page), cursor: page.position ?? "" };
        },
        event: (list, data) => applyChange(list, data as RowChange<R>, source.matches),
        size: ({ rows }) => rows.length,
        keep: (list) => ({ ...list, rows: list.rows.slice(0, kKeptRowsMax).map(source.keep ?? ((row) => row)), gone: new Map(), ahead: new Map() }),
      }),
      // The key is the identity of the source.
      // eslint-disable-next-line react-hooks/exhaustive-deps
      [source.key],
    ),
  );
  const { store, state } = live;

  const reading = useRef(false);
  const more = useCallback(() => {
    const asked = store.getView().state;
    const cursor = asked?.nextCursor;
    if (!cursor || reading.current) return;
    reading.current = true;
    latest.current
      .read({ page_size: kPageSize, cursor, ...store.atLeastNow() })
      // A list that was read anew meanwhile does not know what has changed since this page was asked for.
      .then((page) => store.update((list) => (list.nextCursor === cursor && list.gone === asked.gone ? addPage(list, page, latest.current.matches) : list)))
      .catch(() => undefined)
      .finally(() => (reading.current = false));
  }, [store]);

  const isTooLong = state !== undefined && isOvergrown(state);
  useEffect(() => {
    if (isTooLong) void store.reload();
  }, [isTooLong, store]);

  useTotal(live, latest);
  return { ...live, more };
}

/** Counts anew what is in doubt, every two seconds at most; what was refused is asked again when there is a new doubt. */
function useTotal<R extends Row>({ store, state, link }: Live<RowList<R>>, latest: { readonly current: ListSource<R> }): void {
  const countedAt = useRef(0);
  const failures = useRef(0);
  const refused = useRef<number | undefined>(undefined);
  const [round, setRound] = useState(0);
  const isInDoubt = state !== undefined && state.doubts > 0 && link === "live" && refused.current !== state.changes;
  useEffect(() => {
    if (!isInDoubt) return undefined;
    let isOver = false;
    const count = async () => {
      const asked = store.getView().state;
      if (!asked) return;
      countedAt.current = Date.now();
      try {
        const page = await latest.current.read({ page_size: 1, ...store.atLeastNow() });
        failures.current = 0;
        store.update((list) => counted(list, asked, page));
      } catch (error) {
        if (mayPass(error)) failures.current += 1;
        else refused.current = asked.changes;
      }
      if (!isOver) setRound((old) => old + 1);
    };
    const waitMs = failures.current === 0 ? kCountEveryMs : Math.max(kCountEveryMs, backoffMs(failures.current));
    const timer = setTimeout(() => void count(), Math.max(0, countedAt.current + waitMs - Date.now()));
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isInDoubt, round, store, latest]);
}
