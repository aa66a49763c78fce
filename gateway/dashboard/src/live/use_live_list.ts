import { useCallback, useEffect, useMemo, useRef } from "react";
import { addPage, applyChange, firstPage, isOvergrown, type Page, type Row, type RowChange, type RowList } from "./row_list";
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
        load: async ({ minPosition, signal }) => {
          const position = minPosition === undefined ? {} : { min_pos: minPosition };
          const page = await source.read({ page_size: kPageSize, signal, ...position });
          return { state: firstPage(page), cursor: page.position ?? "" };
        },
        event: (list, data) => applyChange(list, data as RowChange<R>, source.matches),
        keep: (list) => ({ ...list, rows: list.rows.slice(0, kKeptRowsMax).map(source.keep ?? ((row) => row)), gone: new Map() }),
      }),
      // The key is the identity of the source.
      // eslint-disable-next-line react-hooks/exhaustive-deps
      [source.key],
    ),
  );
  const { store, state } = live;

  const reading = useRef(false);
  const more = useCallback(() => {
    const cursor = store.getView().state?.nextCursor;
    if (!cursor || reading.current) return;
    reading.current = true;
    latest.current
      .read({ page_size: kPageSize, cursor })
      .then((page) => store.update((list) => (list.nextCursor === cursor ? addPage(list, page, latest.current.matches) : list)))
      .catch(() => undefined)
      .finally(() => (reading.current = false));
  }, [store]);

  const isTooLong = state !== undefined && isOvergrown(state);
  useEffect(() => {
    if (isTooLong) void store.reload();
  }, [isTooLong, store]);

  const countedAt = useRef(0);
  const isTotalOld = state?.isTotalOld === true;
  useEffect(() => {
    if (!isTotalOld) return undefined;
    const timer = setTimeout(
      () => {
        countedAt.current = Date.now();
        latest.current
          .read({ page_size: 1 })
          .then((page) => store.update((list) => ({ ...list, total: page.total ?? undefined, totalAtLeast: page.total_at_least, isTotalOld: false })))
          .catch(() => undefined);
      },
      Math.max(0, countedAt.current + kCountEveryMs - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [isTotalOld, store]);

  return { ...live, more };
}
