import { Button } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { forwardRef, useCallback, useEffect, useImperativeHandle, useRef, useState, type HTMLAttributes } from "react";
import { useTranslation } from "react-i18next";
import { Virtuoso, type Components, type ListRange, type VirtuosoHandle } from "react-virtuoso";
import { count } from "@/ui/format";
import { readLogs } from "./log_api";
import { addLines, beginsAt, firstOfPage, isPageRead, kLinesPerPage, lineAt, pageOf, type LogBook } from "./log_book";
import { LogRow } from "./log_line";
import classes from "./logs.module.css";

export interface LogViewHandle {
  goTo(seq: number): void;
}

interface LogViewProps {
  id: string;
  book: LogBook;
  store: { getView: () => { state: LogBook | undefined }; update: (change: (book: LogBook) => LogBook) => void };
  withTime: boolean;
  wrap: boolean;
  marked: number | undefined;
  isFollowing: boolean;
  onFollow: (follow: boolean) => void;
  onPick: (seq: number) => void;
  hrefOf: (seq: number) => string;
}

const Scroller = forwardRef<HTMLDivElement, HTMLAttributes<HTMLDivElement> & { context?: { label: string } }>(function Scroller({ context, ...rest }, ref) {
  return <div {...rest} ref={ref} role="table" aria-label={context?.label} tabIndex={0} />;
});
const List = forwardRef<HTMLDivElement, HTMLAttributes<HTMLDivElement>>(function List(props, ref) {
  return <div {...props} ref={ref} role="rowgroup" />;
});
const components = { Scroller, List } as Components<unknown, { label: string }>;

const kLineHeight = 20;
/** Pages that are asked for at a time: who drags the bar over a million lines wants those where it comes to rest. */
const kReadsMax = 3;
/** How long behind a turn of the wheel, a key or a drag what moves is taken to be moved by it. */
const kTouchMs = 700;

/** All lines, of which those in view are drawn and those near it are read. */
export const LogView = forwardRef<LogViewHandle, LogViewProps>(function LogView({ id, book, store, withTime, wrap, marked, isFollowing, onFollow, onPick, hrefOf }, ref) {
  const { t, i18n } = useTranslation();
  const virtuoso = useRef<VirtuosoHandle>(null);
  const asked = useRef(new Set<number>());
  const isHeldBack = useRef(false);
  const readHeldBack = useRef(() => {});
  const [pausedAt, setPausedAt] = useState<number>();
  const total = book.last === 0 ? 0 : book.last - book.first + 1;

  const read = useCallback(
    ({ startIndex, endIndex }: ListRange) => {
      const now = store.getView().state;
      if (!now || now.last === 0) return;
      for (let page = pageOf(now.first + startIndex); page <= pageOf(now.first + endIndex); ++page) {
        if (asked.current.has(page) || isPageRead(now, page)) continue;
        if (asked.current.size >= kReadsMax) {
          isHeldBack.current = true;
          return;
        }
        asked.current.add(page);
        readLogs(id, { line: firstOfPage(page), limit: kLinesPerPage })
          .then(({ items, lost }) => store.update((old) => addLines(lost ? beginsAt(old, Math.max(old.first, lost.to + 1)) : old, items)))
          .then(() => asked.current.delete(page))
          .catch(() => {
            asked.current.delete(page);
            readHeldBack.current();
          });
      }
    },
    [id, store],
  );

  // What has come while the page was away may have left a hole where we look.
  const range = useRef<ListRange>({ startIndex: 0, endIndex: 0 });
  useEffect(() => read(range.current), [book.last, read]);
  // There is room for a page where the view is by now: one has come, or will not come.
  readHeldBack.current = () => {
    if (!isHeldBack.current) return;
    isHeldBack.current = false;
    read(range.current);
  };
  useEffect(() => readHeldBack.current(), [book]);

  useImperativeHandle(
    ref,
    () => ({
      goTo(seq) {
        onFollow(false);
        virtuoso.current?.scrollToIndex({ index: Math.max(0, seq - book.first), align: "center" });
      },
    }),
    [book.first, onFollow],
  );

  // Known at once, and not only with the next drawing: what comes meanwhile must not pull a reader back.
  const wanted = useRef(isFollowing);
  wanted.current = isFollowing;
  const pause = () => {
    if (!wanted.current) return;
    wanted.current = false;
    onFollow(false);
    setPausedAt(store.getView().state?.last);
  };

  // The end is kept in view until somebody scrolls up, however many lines come at once.
  // The list takes its new length up behind this effect: what it calls its last line is the right one in the next frame.
  useEffect(() => {
    if (!isFollowing) return undefined;
    const frame = requestAnimationFrame(() => wanted.current && virtuoso.current?.scrollToIndex({ index: "LAST", align: "end" }));
    return () => cancelAnimationFrame(frame);
  }, [book.last, isFollowing]);

  const scroller = useRef<HTMLElement>(undefined);
  const top = useRef(0);
  // A notice that comes and goes moves the view as well; only what a reader does ends the following.
  const touchedAt = useRef(-Infinity);
  const touched = () => (touchedAt.current = performance.now());
  // The end that was still on its way into view when somebody turned up is nobody's wish to follow again.
  const turnedUpAt = useRef(-Infinity);
  const scrolled = () => {
    const box = scroller.current;
    if (!box) return;
    const isUp = box.scrollTop < top.current - 2;
    const isDown = box.scrollTop > top.current;
    top.current = box.scrollTop;
    const isBottom = box.scrollHeight - box.scrollTop - box.clientHeight < 2 * kLineHeight;
    const isByReader = performance.now() - touchedAt.current < kTouchMs;
    if (!isBottom && isUp && isByReader) pause();
    const wasTurnedUp = performance.now() - turnedUpAt.current < kTouchMs;
    if (!isBottom || !isDown || isFollowing || !isByReader || wasTurnedUp) return;
    onFollow(true);
    setPausedAt(undefined);
  };
  const turned = (deltaY: number) => {
    touched();
    turnedUpAt.current = deltaY < 0 ? performance.now() : -Infinity;
    if (deltaY < 0) pause();
  };

  const fresh = pausedAt === undefined ? 0 : Math.max(0, book.last - pausedAt);
  return (
    <div className={classes.view} onWheel={(event) => turned(event.deltaY)} onTouchMove={touched} onKeyDown={touched} onPointerDown={touched} onPointerMove={(event) => event.buttons > 0 && touched()}>
      <Virtuoso
        ref={virtuoso}
        style={{ height: "100%" }}
        context={{ label: t("logs.title") }}
        components={components}
        totalCount={total}
        {...(wrap ? {} : { fixedItemHeight: kLineHeight })}
        computeItemKey={(index) => book.first + index}
        initialTopMostItemIndex={marked === undefined ? { index: "LAST", align: "end" } : { index: Math.max(0, marked - book.first), align: "center" }}
        scrollerRef={(element) => (scroller.current = element instanceof HTMLElement ? element : undefined)}
        onScroll={scrolled}
        followOutput={() => (wanted.current ? "auto" : false)}
        rangeChanged={(now) => {
          range.current = now;
          read(now);
        }}
        itemContent={(index) => {
          const seq = book.first + index;
          return <LogRow seq={seq} line={lineAt(book, seq)} withTime={withTime} wrap={wrap} isMarked={marked === seq} find="" href={hrefOf(seq)} onPick={onPick} />;
        }}
      />
      {!isFollowing && (
        <Button className={classes.follow} size="compact-md" leftSection={<IconArrowDown size={15} />} onClick={() => {
            setPausedAt(undefined);
            onFollow(true);
          }}>
          {fresh > 0 ? t("logs.followNew", { n: count(fresh, i18n.language), count: fresh }) : t("logs.follow")}
        </Button>
      )}
    </div>
  );
});
