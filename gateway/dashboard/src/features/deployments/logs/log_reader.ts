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

/**
 * Reads what is in view. Of lines that go by, as when the bar is dragged over a million, only those in view are asked for,
 * once at a time: the answer shows what is there by then or nearly, and whole pages are read where it comes to rest.
 */
export class LogReader {
  private view = { from: 1, to: 0 };
  private isPassing = false;
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
    private readonly later: (run: () => void, ms: number) => () => void,
  ) {}

  /** The numbers of the first and the last line in view. */
  look(from: number, to: number): void {
    this.isPassing = Math.abs(from - this.view.from) > kLinesPerPage;
    this.view = { from, to };
    this.barren.clear();
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
    if (!book || book.last === 0 || this.cancelRetry) return;
    if (this.isPassing) return this.glance(book);
    for (let page = pageOf(this.view.from); page <= pageOf(Math.min(book.last, this.view.to)); ++page) {
      if (this.asked.has(page) || this.barren.has(page) || isPageRead(book, page)) continue;
      if (this.asked.size >= kReadsMax) return;
      void this.ask(page, Math.max(book.first, firstOfPage(page)), kLinesPerPage);
    }
  }

  /** Only what is in view; what lies around it is read when the next frame shows the same. */
  private glance(book: LogBook): void {
    if (this.asked.size > 0) return;
    const { from, to } = { from: Math.max(book.first, this.view.from), to: Math.min(book.last, this.view.to) };
    this.isPassing = false;
    for (let seq = from; seq <= to; ++seq) {
      if (lineAt(book, seq) !== undefined) continue;
      const line = Math.max(book.first, from - kAround);
      return void this.ask(pageOf(line), line, to - line + 1 + kAround);
    }
    this.read();
  }

  private async ask(page: number, line: number, limit: number): Promise<void> {
    this.asked.add(page);
    try {
      const { items, lost } = await this.readLines({ line, limit });
      // The lines that the page should begin with are gone: either a hole, or the log begins later by now.
      const first = lost && lost.from <= line ? (await this.readLines({ limit: 1 })).items[0]?.seq : undefined;
      this.failures = 0;
      if (items.length === 0 && first === undefined) return this.isEmpty(page);
      this.arrived.add(page);
      this.store.update((old) => {
        const known = addPage(old, page, line, items);
        return first === undefined ? known : beginsAt(known, Math.max(first, known.first));
      });
    } catch (error) {
      this.asked.delete(page);
      // Nobody else would ask for what somebody looks at without moving.
      if (mayPass(error)) this.retry();
    }
  }

  private isEmpty(page: number): void {
    this.asked.delete(page);
    this.barren.add(page);
    this.read();
  }

  private retry(): void {
    this.cancelRetry ??= this.later(() => {
      this.cancelRetry = undefined;
      this.read();
    }, backoffMs(this.failures++));
  }
}
