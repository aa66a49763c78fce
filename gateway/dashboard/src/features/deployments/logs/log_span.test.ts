import { expect, test } from "vitest";
import { emptyBook, type LogBook } from "./log_book";
import { spanFrom, spanStart } from "./log_span";

const kTallest = 33_554_428;
const book = (first: number, last: number): LogBook => ({ ...emptyBook, first, last, isFirstKnown: true });
const heightOf = (of: LogBook, start: number) => spanFrom(of, start).count * 20;

test("A log that is followed never gets higher than a browser can show, and its end is in it", () => {
  for (const last of [1, 999_999, 1_000_001, 1_677_722, 50_000_123]) {
    const whole = book(1, last);
    const { first, count } = spanFrom(whole, spanStart(whole));
    expect(count * 20).toBeLessThan(kTallest);
    expect(first + count - 1).toBe(last);
    expect(count).toBeGreaterThanOrEqual(Math.min(last, 1_000_000));
  }
});

test("The beginning moves seldom while the end is followed", () => {
  const starts = new Set(Array.from({ length: 1_000 }, (_, index) => spanStart(book(1, 2_000_001 + index * 100))));
  expect(starts.size).toBeLessThanOrEqual(2);
});

test("A line long before the end has a span of its own, with lines on both sides", () => {
  const whole = book(1, 5_000_000);
  const { first, count } = spanFrom(whole, spanStart(whole, 2_000_000));
  expect([first < 2_000_000, first + count > 2_000_000]).toEqual([true, true]);
  expect(spanStart(whole, 10)).toBe(1);
  expect(spanStart(whole, 4_999_999)).toBe(spanStart(whole));
});

test("Under a reader the beginning stays while lines come, until there are too many", () => {
  expect(heightOf(book(1, 10_000_000), 1)).toBeLessThan(kTallest);
  expect(spanFrom(book(1, 1_200_000), 1)).toEqual({ first: 1, count: 1_200_000 });
});

test("What the server has dropped is in no span", () => {
  expect(spanFrom(book(701, 1_000), 1)).toEqual({ first: 701, count: 300 });
});
