import { forwardRef, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { kLineHeight, nothingShown, topOf, windowAt } from "./line_window";
import classes from "./logs.module.css";

export interface RowRange {
  startIndex: number;
  endIndex: number;
}

export interface ListHandle {
  scrollToIndex(place: { index: number | "LAST"; align: "center" | "end" }): void;
}

interface LineListProps {
  label: string;
  count: number;
  initial: { index: number | "LAST"; align: "center" | "end" };
  scrollerRef: (box: HTMLElement | null) => void;
  onScroll: () => void;
  onResize: () => void;
  onRange: (range: RowRange) => void;
  /** The row of a number, a single element with `data-seq`. */
  row: (index: number, key: number) => ReactNode;
}

/** Rows of one known height, of which those in view are there. Nothing is measured, so a frame of a drag costs little. */
export const LineList = forwardRef<ListHandle, LineListProps>(function LineList({ label, count, initial, scrollerRef, onScroll, onResize, onRange, row }, ref) {
  const box = useRef<HTMLDivElement | null>(null);
  const [shown, setShown] = useState(nothingShown);
  const latest = useRef({ shown, count, onScroll, onResize, onRange });
  Object.assign(latest.current, { count, onScroll, onResize, onRange });

  const place = (draw: (set: () => void) => void) => {
    const now = latest.current;
    if (!box.current) return;
    const next = windowAt(box.current.scrollTop, box.current.clientHeight, now.count, now.shown);
    if (next === now.shown) return;
    now.shown = next;
    draw(() => setShown(next));
    now.onRange({ startIndex: next.from, endIndex: Math.max(next.from, next.to - 1) });
  };
  // Drawn within the frame that has scrolled: behind it there would be nothing in view.
  const placeNow = useRef(() => place(flushSync));
  const go = useRef(({ index, align }: LineListProps["initial"]) => {
    const last = latest.current.count - 1;
    if (box.current) box.current.scrollTop = topOf(index === "LAST" ? last : index, align, box.current.clientHeight, last + 1);
  });
  useImperativeHandle(ref, () => ({
    scrollToIndex: (to) => {
      go.current(to);
      placeNow.current();
    },
  }));

  useLayoutEffect(() => {
    go.current(initial);
    // Where it begins, and not where it goes on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  useLayoutEffect(() => place((set) => set()), [count]);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const scrolled = () => {
      placeNow.current();
      latest.current.onScroll();
    };
    const sized = new ResizeObserver(() => {
      placeNow.current();
      latest.current.onResize();
    });
    element.addEventListener("scroll", scrolled, { passive: true });
    sized.observe(element);
    return () => {
      element.removeEventListener("scroll", scrolled);
      sized.disconnect();
    };
  }, []);

  // A row that has the focus and goes out of view leaves it to the list: keys go on to scroll.
  const focused = useRef<number>(undefined);
  useLayoutEffect(() => {
    const isGone = focused.current !== undefined && (focused.current < shown.from || focused.current >= shown.to);
    if (isGone) box.current?.focus({ preventScroll: true });
  }, [shown]);
  const noteFocus = (target: Element) => {
    const element = target.closest("[data-seq]");
    const place = element ? [...(element.parentElement?.children ?? [])].indexOf(element) : -1;
    focused.current = place < 0 ? undefined : shown.from + place;
  };

  const rows: ReactNode[] = [];
  for (let index = shown.from; index < Math.min(shown.to, count); ++index) rows.push(row(index, index - shown.base));
  return (
    <div
      role="table"
      aria-label={label}
      tabIndex={0}
      className={classes.scroller}
      ref={(element) => {
        box.current = element;
        scrollerRef(element);
      }}
      onFocus={(event) => noteFocus(event.target)}
      onBlur={() => (focused.current = undefined)}
    >
      <div className={classes.lines} style={{ height: count * kLineHeight }}>
        <div role="rowgroup" className={classes.shown} style={{ top: shown.from * kLineHeight }}>
          {rows}
        </div>
      </div>
    </div>
  );
});
