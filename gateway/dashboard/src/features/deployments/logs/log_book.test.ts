import { expect, test } from "vitest";
import type { LogLine } from "@/api/client";
import { addLines, addPage, beginsAt, emptyBook, isPageRead, kLinesPerPage, lineAt, logSource } from "./log_book";

const line = (seq: number): LogLine => ({ seq, time: "2026-01-01T00:00:00.000000Z", stream: "stdout", text: `line ${seq}` });
const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => line(from + i));

test("Lines lie by their number over the borders of pages", () => {
  const book = addLines(emptyBook, lines(1, kLinesPerPage + 3));
  expect([book.first, book.last]).toEqual([1, kLinesPerPage + 3]);
  expect(lineAt(book, kLinesPerPage + 1)?.text).toBe(`line ${kLinesPerPage + 1}`);
  expect([isPageRead(book, 0), isPageRead(book, 1), isPageRead(book, 2)]).toEqual([true, true, false]);
});

test("A line that comes twice is there once", () => {
  const book = addLines(addLines(emptyBook, lines(1, 5)), lines(4, 8));
  expect(book.last).toBe(8);
  expect(book.pages.get(0)?.size).toBe(8);
});

test("Where the log begins is known from its first line, or when the server says so", () => {
  expect(addLines(emptyBook, lines(1, 5)).isFirstKnown).toBe(true);
  const late = addLines(emptyBook, lines(5001, 6000));
  expect([late.first, late.isFirstKnown]).toEqual([5001, false]);
  expect(beginsAt(late, 1)).toMatchObject({ first: 1, isFirstKnown: true });
  expect(isPageRead(beginsAt(late, 1), 0)).toBe(false);
});

test("After a gap the lines between are known to be missing", () => {
  const source = logSource("dep_x");
  const before = source.snapshot?.({ items: lines(1, 100) }, undefined) ?? emptyBook;
  const after = source.snapshot?.({ items: lines(2001, 3000) }, before) ?? emptyBook;
  expect([after.first, after.last]).toEqual([1, 3000]);
  expect(lineAt(after, 1500)).toBeUndefined();
  expect(isPageRead(after, 2)).toBe(false);
});

test("However many lines there are, memory holds a bounded number of pages", () => {
  let book = emptyBook;
  for (let page = 0; page < 500; ++page) book = addLines(book, [line(page * kLinesPerPage + 1)]);
  expect(book.pages.size).toBe(400);
  expect(lineAt(book, 1)).toBeUndefined();
  expect(book.last).toBe(499 * kLinesPerPage + 1);
});

test("A hole in the middle of a log hides nothing before it, and its lines are known to be lost", () => {
  const told = addLines(addLines(emptyBook, lines(1, 500)), lines(751, 1000));
  expect(isPageRead(told, 1)).toBe(false);
  const book = addPage(told, 1, 501, [...lines(501, 700), ...lines(751, 1000)]);
  expect([book.first, book.last]).toEqual([1, 1000]);
  expect([lineAt(book, 500)?.seq, lineAt(book, 700)?.seq, lineAt(book, 701), lineAt(book, 750), lineAt(book, 751)?.seq]).toEqual([500, 700, null, null, 751]);
  expect(isPageRead(book, 1)).toBe(true);
});

test("A hole over the begin of a page, and a second one that the server does not name, are read once", () => {
  const told = addLines(addLines(emptyBook, lines(1, 400)), lines(1001, 1100));
  const book = addPage(told, 1, 501, [...lines(601, 650), ...lines(701, 1050)]);
  expect([lineAt(book, 501), lineAt(book, 600), lineAt(book, 601)?.seq, lineAt(book, 675)]).toEqual([null, null, 601, null]);
  expect([isPageRead(book, 1), book.first]).toEqual([true, 1]);
});

test("A whole page that is lost is known to be, and lines that are not written yet are not", () => {
  const told = addLines(addLines(emptyBook, lines(1, 500)), lines(2001, 2100));
  const book = addPage(told, 2, 1001, lines(1901, 2100));
  expect([isPageRead(book, 2), lineAt(book, 1200)]).toEqual([true, null]);
  const end = addPage(told, 4, 2001, lines(2001, 2100));
  expect(lineAt(end, 2101)).toBeUndefined();
});

test("Lines that were dropped since do not count for those of their page that are missing", () => {
  const book = beginsAt(addLines(emptyBook, [...lines(1, 250), line(500)]), 251);
  expect(isPageRead(book, 0)).toBe(false);
});
