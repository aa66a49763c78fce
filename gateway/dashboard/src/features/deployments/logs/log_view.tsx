import { Button } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { forwardRef, useEffect, useImperativeHandle, useRef, useState, type HTMLAttributes, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { Virtuoso, type Components, type VirtuosoHandle } from "react-virtuoso";
import { count } from "@/ui/format";
import { lineAt, type LogBook } from "./log_book";
import { LineList, type ListHandle } from "./line_list";
import { kLineHeight } from "./line_window";
import { LogRow } from "./log_line";
import type { LogStore } from "./log_reader";
import { spanFrom, spanStart } from "./log_span";
import { moveAmongRows } from "./row_keys";
import { useLogPages } from "./use_log_pages";
import classes from "./logs.module.css";

export interface LogViewHandle {
  goTo(seq: number): void;
}

interface LogViewProps {
  id: string;
  book: LogBook;
  store: LogStore;
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

/** Rows of wrapped lines beyond the view that are drawn as well, so that a key finds the next one. */
const kBeyond = 2 * kLineHeight;
/** How long behind a turn of the wheel, a key or a drag what moves is taken to be moved by it. */
const kTouchMs = 700;

/** All lines, of which those in view are drawn and read. Wrapped ones have heights of their own, which are measured. */
export const LogView = forwardRef<LogViewHandle, LogViewProps>(function LogView({ id, book, store, withTime, wrap, marked, isFollowing, onFollow, onPick, hrefOf }, ref) {
  const { t, i18n } = useTranslation();
  const list = useRef<ListHandle | null>(null);
  const [pausedAt, setPausedAt] = useState<number>();
  // Of a long log the bar stands for a part: its end while it is followed, and what somebody looks at otherwise.
  const [start, setStart] = useState(() => spanStart(book, marked));
  const end = spanStart(book);
  if (isFollowing && start !== end) setStart(end);
  const span = spanFrom(book, isFollowing ? end : start);
  const { first } = span;
  const later = book.last - (first + span.count - 1);
  const readRange = useLogPages(id, book, store, first);

  const [target, setTarget] = useState<{ seq: number }>();
  const goTo = (seq: number) => {
    onFollow(false);
    if (seq < first || seq >= first + span.count) setStart(spanStart(book, seq));
    setTarget({ seq });
  };
  useImperativeHandle(ref, () => ({ goTo }));
  // Which line is marked is said by the address, and changes with a step back as well.
  const shown = useRef(marked);
  useEffect(() => {
    if (shown.current !== marked && marked !== undefined) goTo(marked);
    shown.current = marked;
    // The line, and not how it is gone to.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [marked]);
  // The list takes a new length up behind this effect.
  useEffect(() => {
    if (!target) return undefined;
    const frame = requestAnimationFrame(() => list.current?.scrollToIndex({ index: Math.max(0, target.seq - first), align: "center" }));
    return () => cancelAnimationFrame(frame);
    // Gone to once: a beginning that moves later on does not pull the reader back.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [target]);

  // Known at once, and not only with the next drawing: what comes meanwhile must not pull a reader back.
  const wanted = useRef(isFollowing);
  wanted.current = isFollowing;
  const pause = () => {
    if (!wanted.current) return;
    wanted.current = false;
    onFollow(false);
    setPausedAt(store.getView().state?.last);
  };

  const toEnd = () => list.current?.scrollToIndex({ index: "LAST", align: "end" });
  // The end is kept in view until somebody scrolls up, however many lines come at once.
  // The list takes its new length up behind this effect: what it calls its last line is the right one in the next frame.
  useEffect(() => {
    if (!isFollowing) return undefined;
    const frame = requestAnimationFrame(() => wanted.current && toEnd());
    return () => cancelAnimationFrame(frame);
  }, [book.last, first, isFollowing]);

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

  const keyed = (event: KeyboardEvent<HTMLElement>) => {
    touched();
    // Lines that come would take the one that has the focus out of view.
    if (moveAmongRows(event)) pause();
  };

  const lost = t("logView.lost");
  const initial = marked === undefined ? ({ index: "LAST", align: "end" } as const) : ({ index: Math.max(0, marked - first), align: "center" } as const);
  const row = (index: number, key?: number) => {
    const seq = first + index;
    return <LogRow key={key} seq={seq} line={lineAt(book, seq)} withTime={withTime} wrap={wrap} isMarked={marked === seq} find="" lost={lost} href={hrefOf(seq)} onPick={onPick} />;
  };
  const fresh = pausedAt === undefined ? 0 : Math.max(0, book.last - pausedAt);
  return (
    <div className={classes.view} onWheel={(event) => turned(event.deltaY)} onTouchMove={touched} onKeyDown={keyed} onPointerDown={touched} onPointerMove={(event) => event.buttons > 0 && touched()}>
      {wrap ? (
        <Virtuoso
          ref={(measured: VirtuosoHandle | null) => void (list.current = measured)}
          style={{ height: "100%" }}
          context={{ label: t("logs.title") }}
          components={components}
          totalCount={span.count}
          defaultItemHeight={kLineHeight}
          increaseViewportBy={kBeyond}
          computeItemKey={(index) => first + index}
          initialTopMostItemIndex={initial}
          scrollerRef={(element) => (scroller.current = element instanceof HTMLElement ? element : undefined)}
          onScroll={scrolled}
          followOutput={() => (wanted.current ? "auto" : false)}
          rangeChanged={readRange}
          itemContent={(index) => row(index)}
        />
      ) : (
        <LineList
          ref={list}
          label={t("logs.title")}
          count={span.count}
          initial={initial}
          scrollerRef={(element) => (scroller.current = element ?? undefined)}
          onScroll={scrolled}
          onResize={() => wanted.current && toEnd()}
          onRange={readRange}
          row={row}
        />
      )}
      {first > book.first && !isFollowing && (
        <Button className={classes.earlier} size="compact-md" variant="default" leftSection={<IconArrowUp size={15} />} onClick={() => goTo(first - 1)}>
          {t("logView.earlier", { n: count(first - book.first, i18n.language), count: first - book.first })}
        </Button>
      )}
      {later > 0 && !isFollowing && (
        <Button className={classes.later} size="compact-md" variant="default" leftSection={<IconArrowDown size={15} />} onClick={() => goTo(book.last - later + 1)}>
          {t("logView.later", { n: count(later, i18n.language), count: later })}
        </Button>
      )}
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
