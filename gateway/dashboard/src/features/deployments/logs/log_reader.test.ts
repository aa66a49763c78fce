import { beforeEach, expect, test } from "vitest";
import type { LogLine } from "@/api/client";
import { Problem } from "@/api/client";
import { addLines, emptyBook, kLinesPerPage, lineAt, type LogBook } from "./log_book";
import { LogReader } from "./log_reader";

const kLast = 1_000_000;
const line = (seq: number): LogLine => ({ seq, time: "2026-01-01T00:00:00.000000Z", stream: "stdout", text: `line ${seq}` });
const lines = (from: number, limit: number) => Array.from({ length: Math.max(0, Math.min(limit, kLast - from + 1)) }, (_, i) => line(from + i));

interface Asked {
  line: number;
  limit: number;
  answer(items?: LogLine[]): Promise<void>;
  refuse(problem: Problem): Promise<void>;
}

let book: LogBook;
let asked: Asked[];
let timers: (() => void)[];
let reader: LogReader;
// Behind the promises that an answer goes through.
const settle = async () => {
  for (let turn = 0; turn < 10; ++turn) await Promise.resolve();
};

beforeEach(() => {
  book = { ...addLines(emptyBook, lines(kLast, 1)), first: 1, isFirstKnown: true };
  asked = [];
  timers = [];
  const store = {
    getView: () => ({ state: book }),
    update: (change: (old: LogBook) => LogBook) => {
      book = change(book);
    },
  };
  const read = ({ line: from = 1, limit }: { line?: number; limit: number }) =>
    new Promise<never>((resolve, reject) => {
      asked.push({
        line: from,
        limit,
        answer: async (items = lines(from, limit)) => {
          const before = book;
          resolve({ items, next_cursor: "" } as never);
          await settle();
          if (book !== before) reader.changed();
        },
        refuse: async (problem) => {
          reject(problem);
          await settle();
        },
      });
    });
  reader = new LogReader(read, store, (run) => {
    timers.push(run);
    return () => undefined;
  });
});

test("What is in view is read as whole pages, each once", async () => {
  reader.look(480, 520);
  reader.look(481, 521);
  expect(asked.map((one) => [one.line, one.limit])).toEqual([[1, kLinesPerPage], [kLinesPerPage + 1, kLinesPerPage]]);
  await asked[0]?.answer();
  await asked[1]?.answer();
  reader.look(490, 530);
  expect(asked).toHaveLength(2);
});

test("Of lines that go by only those in view are asked for, one answer at a time", async () => {
  for (let from = 1; from < 600_000; from += 1_700) reader.look(from, from + 35);
  const last = 1 + 1_700 * Math.floor(599_998 / 1_700);
  // The first look is at where the log stood.
  expect(asked).toHaveLength(1);
  await asked[0]?.answer();
  expect(asked).toHaveLength(2);
  expect(asked[1]?.limit).toBeLessThan(100);
  await asked[1]?.answer();
  expect([lineAt(book, last)?.seq, lineAt(book, last + 35)?.seq]).toEqual([last, last + 35]);
});

test("Where it comes to rest whole pages are read", async () => {
  reader.look(500_000, 500_035);
  await asked[0]?.answer();
  expect(asked.slice(1).map((one) => [one.line, one.limit])).toEqual([[499_501, kLinesPerPage], [500_001, kLinesPerPage]]);
  await asked[1]?.answer();
  await asked[2]?.answer();
  expect(asked).toHaveLength(3);
  expect(lineAt(book, 500_500)?.seq).toBe(500_500);
});

test("What could not be read is asked for again though nobody moves", async () => {
  reader.look(1, 40);
  await asked[0]?.refuse(new Problem(503, "log.unavailable", ""));
  expect(asked).toHaveLength(1);
  timers[0]?.();
  expect(asked).toHaveLength(2);
  await asked[1]?.answer();
  expect(lineAt(book, 40)?.seq).toBe(40);
});

test("What is refused for good is not asked for again", async () => {
  reader.look(1, 40);
  await asked[0]?.refuse(new Problem(404, "deployment.not_found", ""));
  expect(timers).toHaveLength(0);
});

test("An answer without a line is asked for once, and does not keep others waiting", async () => {
  reader.look(kLinesPerPage * 2 - 10, kLinesPerPage * 2 - 1);
  reader.look(kLinesPerPage * 2 + 10, kLinesPerPage * 2 + 20);
  reader.look(kLinesPerPage * 2 + 490, kLinesPerPage * 4 + 10);
  expect(asked).toHaveLength(3);
  await asked[0]?.answer([]);
  expect(asked).toHaveLength(4);
  await asked[3]?.answer([]);
  expect(asked.filter((one) => one.line === asked[3]?.line)).toHaveLength(1);
});
