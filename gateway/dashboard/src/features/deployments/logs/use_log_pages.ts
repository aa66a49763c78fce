import { useCallback, useEffect, useRef } from "react";
import type { ListRange } from "react-virtuoso";
import { readLogs } from "./log_api";
import { addPage, beginsAt, firstOfPage, isPageRead, kLinesPerPage, pageOf, type LogBook } from "./log_book";

export interface LogStore {
  getView: () => { state: LogBook | undefined };
  update: (change: (book: LogBook) => LogBook) => void;
}

/** Pages that are asked for at a time: who drags the bar over a million lines wants those where it comes to rest. */
const kReadsMax = 3;

/** Reads the lines in view, `start` being the number of the list's first one. To be told which rows are in view. */
export function useLogPages(id: string, book: LogBook, store: LogStore, start: number): (range: ListRange) => void {
  const asked = useRef(new Set<number>());
  const isHeldBack = useRef(false);
  const range = useRef<ListRange>({ startIndex: 0, endIndex: 0 });
  const from = useRef(start);
  from.current = start;

  const readPage = useCallback(
    async (page: number, line: number) => {
      const { items, lost } = await readLogs(id, { line, limit: kLinesPerPage });
      // The lines that the page should begin with are gone: either a hole, or the log begins later by now.
      const first = lost && lost.from <= line ? (await readLogs(id, { limit: 1 })).items[0]?.seq : undefined;
      store.update((old) => {
        const known = addPage(old, page, line, items);
        return first === undefined ? known : beginsAt(known, Math.max(first, known.first));
      });
    },
    [id, store],
  );

  const read = useCallback(() => {
    const now = store.getView().state;
    if (!now || now.last === 0) return;
    const { startIndex, endIndex } = range.current;
    for (let page = pageOf(from.current + startIndex); page <= pageOf(Math.min(now.last, from.current + endIndex)); ++page) {
      if (asked.current.has(page) || isPageRead(now, page)) continue;
      if (asked.current.size >= kReadsMax) {
        isHeldBack.current = true;
        return;
      }
      asked.current.add(page);
      readPage(page, Math.max(now.first, firstOfPage(page)))
        .then(() => asked.current.delete(page))
        .catch(() => {
          asked.current.delete(page);
          readHeldBack.current();
        });
    }
  }, [store, readPage]);

  // There is room for a page where the view is by now: one has come, or will not come.
  const readHeldBack = useRef(() => {});
  readHeldBack.current = () => {
    if (!isHeldBack.current) return;
    isHeldBack.current = false;
    read();
  };
  useEffect(() => readHeldBack.current(), [book]);
  // What has come while the page was away may have left a hole where we look.
  useEffect(read, [book.last, start, read]);

  return useCallback(
    (now: ListRange) => {
      range.current = now;
      read();
    },
    [read],
  );
}
