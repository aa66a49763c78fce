import { useCallback, useEffect, useMemo, useRef } from "react";
import { readLogs } from "./log_api";
import type { LogBook } from "./log_book";
import type { RowRange } from "./line_list";
import { LogReader, type Clock, type LogStore } from "./log_reader";

const clock: Clock = {
  later: (run, ms) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  // The first one comes before the frame that is being made, the second one when the next has scrolled.
  nextFrame: (run) => void requestAnimationFrame(() => requestAnimationFrame(run)),
};

/** Reads the lines in view, `start` being the number of the list's first one. To be told which rows are in view. */
export function useLogPages(id: string, book: LogBook, store: LogStore, start: number): (range: RowRange) => void {
  const reader = useMemo(() => new LogReader((query) => readLogs(id, query), store, clock), [id, store]);
  const range = useRef<RowRange>({ startIndex: 0, endIndex: 0 });
  const from = useRef(start);
  from.current = start;
  const look = useCallback(
    (now: RowRange) => {
      range.current = now;
      reader.look(from.current + now.startIndex, from.current + now.endIndex);
    },
    [reader],
  );
  useEffect(() => () => reader.stop(), [reader]);
  useEffect(() => reader.changed(), [reader, book]);
  // What has come while the page was away may have left a hole where we look.
  useEffect(() => look(range.current), [look, book.last, start]);
  return look;
}
