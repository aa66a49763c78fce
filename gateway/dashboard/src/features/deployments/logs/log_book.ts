import type { LogLine, Schemas } from "@/api/client";
import type { LiveSource } from "@/live/live_store";

export const kLinesPerPage = 500;
const kPagesMax = 400;

/** Lines of one deployment, by number. Pages are read when they come into view; the oldest unused ones are forgotten. */
export interface LogBook {
  /** The first line that is kept by the server and the last that was told; 0 while there is none. */
  first: number;
  last: number;
  /** Whether `first` is what the server keeps, and not only the first that was told. */
  isFirstKnown: boolean;
  /** Null: a line that is known to be lost. What is neither is not read yet. */
  pages: ReadonlyMap<number, ReadonlyMap<number, LogLine | null>>;
}

export const emptyBook: LogBook = { first: 0, last: 0, isFirstKnown: false, pages: new Map() };

export const pageOf = (seq: number): number => Math.floor((seq - 1) / kLinesPerPage);
export const firstOfPage = (page: number): number => page * kLinesPerPage + 1;

export const lineAt = (book: LogBook, seq: number): LogLine | null | undefined => book.pages.get(pageOf(seq))?.get(seq);

/** Whether every line of the page that there is was read, or is known to be lost. */
export function isPageRead(book: LogBook, page: number): boolean {
  const from = Math.max(book.first, firstOfPage(page));
  const to = Math.min(book.last, firstOfPage(page + 1) - 1);
  const lines = book.pages.get(page);
  if (lines === undefined) return false;
  // Counted one by one: the page may also hold lines that the server has dropped since.
  for (let seq = from; seq <= to; ++seq) if (!lines.has(seq)) return false;
  return true;
}

/** Puts lines where they belong; one that is there already stays as it is. */
export function addLines(book: LogBook, lines: readonly LogLine[]): LogBook {
  const newest = lines.at(-1);
  const oldest = lines[0];
  if (!newest || !oldest) return book;
  const pages = new Map(book.pages);
  const fresh = new Map<number, Map<number, LogLine | null>>();
  for (const line of lines) {
    const page = pageOf(line.seq);
    let into = fresh.get(page);
    if (!into) {
      into = new Map(pages.get(page));
      fresh.set(page, into);
      pages.delete(page);
      pages.set(page, into);
    }
    if (!into.get(line.seq)) into.set(line.seq, line);
  }
  for (const page of pages.keys()) {
    if (pages.size <= kPagesMax) break;
    pages.delete(page);
  }
  const first = book.first === 0 ? oldest.seq : Math.min(book.first, oldest.seq);
  // The first line of all is the first that there is.
  return { first, last: Math.max(book.last, newest.seq), isFirstKnown: book.isFirstKnown || first === 1, pages };
}

/**
 * The answer to a read of `page` from the line `from` on. Answers go on to the end of the log, so what is missing before
 * their last line is lost; how many holes there are the server does not say, only where the first one is.
 */
export function addPage(book: LogBook, page: number, from: number, lines: readonly LogLine[]): LogBook {
  const newest = lines.at(-1);
  if (!newest) return book;
  const known = addLines(book, lines);
  const into = new Map(known.pages.get(page));
  const to = Math.min(newest.seq, firstOfPage(page + 1) - 1);
  for (let seq = Math.max(from, firstOfPage(page)); seq <= to; ++seq) if (!into.has(seq)) into.set(seq, null);
  return { ...known, first: book.first, pages: new Map(known.pages).set(page, into) };
}

/** The server says which lines it keeps no more, or that it keeps older ones than were seen. */
export function beginsAt(book: LogBook, first: number): LogBook {
  return first === book.first && book.isFirstKnown ? book : { ...book, first, isFirstKnown: true };
}

type Lines = { items: LogLine[] };

/** The last lines, and new ones as they come. After a gap the lines between are read when they come into view. */
export function logSource(id: string): LiveSource<LogBook> {
  return {
    key: `deployments/${id}/logs`,
    stream: `deployments/${id}/logs`,
    snapshot: (data, previous) => addLines(previous ?? emptyBook, (data as Lines).items),
    event: (book, data) => addLines(book, (data as Lines).items),
    size: ({ pages }) => pages.size * kLinesPerPage,
  };
}

export type LogPage = Schemas["LogPage"];
