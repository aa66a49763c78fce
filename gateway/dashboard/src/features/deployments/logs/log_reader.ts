import { backoffMs } from "@/live/backoff";
import { mayPass } from "@/live/live_store";
import type { readLogs } from "./log_api";
import { addPage, beginsAt, firstOfPage, isPageRead, kLinesPerPage, lineAt, pageOf, type LogBook } from "./log_book";

export interface LogStore {
  getView: () => { state: LogBook | undefined };
  update: (change: (book: LogBook) => LogBook) => void;
}

type Read = (query: { line?: number; limit: number }) => ReturnType<typeof readLogs>;

/** Pages that are asked for at a time. */
const kReadsMax = 3;
/** Lines beyond the view that are read with it while it goes by. */
const kAround = 20;
/** Of so many views that go by one is read, so that somebody who drags sees which time it is there. */
const kPassed = 6;

/** Stands among the pages that are asked for while one of those views is. */
const kView = -1;

/** What the reader needs of the page it is in. */
export interface Clock {
  later: (run: () => void, ms: number) => () => void;
  /** Runs it once the next frame is drawn. */
  nextFrame: (run: () => void) => void;
}

/**
 * Reads what is in view. Of what goes by, as when the bar is dragged over a million lines, nothing can be read by anybody and
 * little is asked for: the lines in view of each so many frames, and of the first that shows the same as that before it. Whole
 * pages are read where it comes to rest.
 */
export class LogReader {
  private view = { from: 1, to: 0 };
  private isPassing = false;
  /** Views that went by since one was read. */
  private passed = 0;
  /** Watched until the view stays. */
  private isMoving = false;
  private readonly asked = new Set<number>();
  /** Answered, and with the next book in view. */
  private readonly arrived = new Set<number>();
  /** Of which the server has nothing, though it told of it: not asked for again before the view moves. */
  private readonly barren = new Set<number>();
  private failures = 0;
  private cancelRetry: (() => void) | undefined;

  constructor(
    private readonly readLines: Read,
    private readonly store: LogStore,
    private readonly clock: Clock,
  ) {}

  /** The numbers of the first and the last line in view. */
  look(from: number, to: number): void {
    this.isPassing = Math.abs(from - this.view.from) > kLinesPerPage;
    this.view = { from, to };
    this.barren.clear();
    if (this.isPassing) {
      // Somebody who goes to one place wants what is there, and waits for no frame.
      this.passed = this.isMoving ? this.passed + 1 : kPassed;
      if (!this.isMoving) this.watch();
    }
    this.read();
  }

  /** The book has changed: what had come is in it, and there is room to ask for more. */
  changed(): void {
    for (const page of this.arrived) this.asked.delete(page);
    this.arrived.clear();
    this.read();
  }

  stop(): void {
    this.cancelRetry?.();
    this.cancelRetry = undefined;
  }

  private read(): void {
    const book = this.store.getView().state;
    if (!book || book.last === 0 || this.cancelRetry || this.asked.has(kView)) return;
    if (this.isPassing) return this.passed < kPassed ? undefined : this.glance(book);
    for (let page = pageOf(this.view.from); page <= pageOf(Math.min(book.last, this.view.to)); ++page) {
      if (this.asked.has(page) || this.barren.has(page) || isPageRead(book, page)) continue;
      if (this.asked.size >= kReadsMax) return;
      void this.ask(page, Math.max(book.first, firstOfPage(page)), kLinesPerPage);
    }
  }

  /** Until the view is the same for a frame. */
  private watch(): void {
    this.isMoving = true;
    const { view } = this;
    this.clock.nextFrame(() => {
      if (this.view !== view) return this.watch();
      this.isMoving = false;
      this.passed = kPassed;
      this.read();
    });
  }

  /** Only what is in view, one at a time; when the answer is there and the view has not moved, what lies around it. */
  private glance(book: LogBook): void {
    this.isPassing = false;
    this.passed = 0;
    const from = Math.max(book.first, this.view.from);
    const to = Math.min(book.last, this.view.to);
    for (let seq = from; seq <= to; ++seq) {
      if (lineAt(book, seq) !== undefined) continue;
      const line = Math.max(book.first, from - kAround);
      return void this.ask(pageOf(from), line, to - line + 1 + kAround, kView);
    }
    this.read();
  }

  private async ask(page: number, line: number, limit: number, as = page): Promise<void> {
    this.asked.add(as);
    try {
      const { items, lost } = await this.readLines({ line, limit });
      // The lines that the page should begin with are gone: either a hole, or the log begins later by now.
      const first = lost && lost.from <= line ? (await this.readLines({ limit: 1 })).items[0]?.seq : undefined;
      this.failures = 0;
      if (items.length === 0 && first === undefined) return this.isEmpty(page, as);
      this.arrived.add(as);
      this.store.update((old) => {
        const known = addPage(old, page, line, items);
        return first === undefined ? known : beginsAt(known, Math.max(first, known.first));
      });
    } catch (error) {
      this.asked.delete(as);
      // Nobody else would ask for what somebody looks at without moving.
      if (mayPass(error)) this.retry();
    }
  }

  private isEmpty(page: number, as: number): void {
    this.asked.delete(as);
    this.barren.add(page);
    this.read();
  }

  private retry(): void {
    this.cancelRetry ??= this.clock.later(() => {
      this.cancelRetry = undefined;
      this.read();
    }, backoffMs(this.failures++));
  }
}
