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
let frames: (() => void)[];
let reader: LogReader;
// Behind the promises that an answer goes through.
const settle = async () => {
  for (let turn = 0; turn < 10; ++turn) await Promise.resolve();
};

const frame = () => frames.splice(0).forEach((run) => run());

beforeEach(() => {
  book = { ...addLines(emptyBook, lines(kLast, 1)), first: 1, isFirstKnown: true };
  asked = [];
  timers = [];
  frames = [];
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
  const later = (run: () => void) => {
    timers.push(run);
    return () => undefined;
  };
  reader = new LogReader(read, store, { later, nextFrame: (run) => void frames.push(run) });
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

test("Of what goes by little is asked for, only what is in view, and one at a time", async () => {
  const looks = 60;
  for (let look = 1; look <= looks; ++look) {
    reader.look(look * 1_700, look * 1_700 + 35);
    if (look > 1) frame();
    if (look % 20 === 0) await asked.at(-1)?.answer();
  }
  expect(asked.length).toBeGreaterThan(1);
  expect(asked.length).toBeLessThanOrEqual(looks / 6);
  expect(Math.max(...asked.map((one) => one.limit))).toBeLessThan(100);
});

test("What stays for a frame is read, and where it comes to rest whole pages are", async () => {
  reader.look(400_000, 400_035);
  await asked[0]?.answer();
  await asked[1]?.answer();
  asked = [];
  reader.look(500_000, 500_035);
  frame();
  expect(asked).toHaveLength(0);
  frame();
  expect(asked).toHaveLength(1);
  await asked[0]?.answer();
  expect([lineAt(book, 500_000)?.seq, lineAt(book, 500_035)?.seq]).toEqual([500_000, 500_035]);
  expect(asked.slice(1).map((one) => [one.line, one.limit])).toEqual([[499_501, kLinesPerPage], [500_001, kLinesPerPage]]);
  await asked[1]?.answer();
  await asked[2]?.answer();
  expect(asked).toHaveLength(3);
  expect(lineAt(book, 500_500)?.seq).toBe(500_500);
});

test("Who jumps to a place waits for no frame", () => {
  reader.look(500_000, 500_035);
  expect(asked.map((one) => one.limit < 100)).toEqual([true]);
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
  reader.look(kLinesPerPage - 10, kLinesPerPage + 10);
  reader.look(kLinesPerPage * 2 - 10, kLinesPerPage * 3 + 10);
  expect(asked).toHaveLength(3);
  await asked[0]?.answer([]);
  expect(asked).toHaveLength(4);
  await asked[3]?.answer([]);
  expect(asked.filter((one) => one.line === asked[3]?.line)).toHaveLength(1);
});
