import type { LogBook } from "./log_book";

/** No element of a browser is higher than some 33.5 million pixels: so many lines of 20 fit, and wrapped ones have room. */
const kLinesShown = 1_000_000;
/** The beginning moves by so many at once while the end is followed: a list whose rows all move is measured anew. */
const kStep = 100_000;
/** While somebody reads, the beginning stays where it is, and the end may go on so far. */
const kLinesMax = 1_500_000;

/** The lines that the scroll bar stands for, from `first` on. */
export interface LogSpan {
  first: number;
  count: number;
}

const followed = ({ first, last }: LogBook): number => Math.max(first, Math.floor((last - kLinesShown) / kStep) * kStep + 1);

/** Where the span begins that has the line `around` in it, or the end of the log. */
export function spanStart(book: LogBook, around?: number): number {
  const end = followed(book);
  return around === undefined ? end : Math.max(book.first, Math.min(end, around - kLinesShown / 2));
}

export function spanFrom(book: LogBook, start: number): LogSpan {
  if (book.last === 0) return { first: 1, count: 0 };
  const first = Math.max(book.first, Math.min(start, book.last));
  return { first, count: Math.max(0, Math.min(kLinesMax, book.last - first + 1)) };
}
