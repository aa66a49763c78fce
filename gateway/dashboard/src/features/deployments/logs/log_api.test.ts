import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { downloadLogs, type readLogs } from "./log_api";

const line = (seq: number) => ({ seq, time: "2026-01-01T00:00:00.000000Z", stream: "stdout" as const, text: `line ${seq}` });
const textsOf = async (blob: Blob) => gunzipSync(Buffer.from(await blob.arrayBuffer())).toString().trimEnd().split("\n");

/** A log that grows by a whole page between any two reads. */
function busyLog(had: number, failsAt = Infinity) {
  let last = had;
  let reads = 0;
  const read: typeof readLogs = async (_, { after, limit = 1, tail }) => {
    if (++reads > 50) throw new Error("asked without end");
    if (reads === failsAt) throw new Error("cut off");
    const from = tail ? last - tail + 1 : Number(after ?? 0) + 1;
    const count = Math.min(tail ?? limit, last - from + 1);
    const items = Array.from({ length: count }, (_, index) => line(from + index));
    last += 20_000;
    return { items, next_cursor: String(from + count - 1) };
  };
  return { read, readsOf: () => reads };
}

test("A log that grows as fast as it is read is downloaded up to where it stood", async () => {
  const texts = await textsOf(await downloadLogs("dep_x", false, {}, busyLog(25_000).read));
  expect([texts.length, texts[0], texts.at(-1)]).toEqual([25_000, "line 1", "line 25000"]);
});

test("A short answer is the end, and an empty log an empty file", async () => {
  const answers = [{ items: [line(3)], next_cursor: "3" }, { items: [line(1), line(2)], next_cursor: "2" }];
  const short = async () => answers.shift() ?? Promise.reject(new Error("asked behind the end"));
  expect(await textsOf(await downloadLogs("dep_x", false, {}, short))).toEqual(["line 1", "line 2"]);
  const empty = async () => ({ items: [], next_cursor: "0" });
  expect(await textsOf(await downloadLogs("dep_x", false, {}, empty))).toEqual([""]);
});

test("A download that is cut off is a failure, and nothing waits for the rest", async () => {
  await expect(downloadLogs("dep_x", false, {}, busyLog(45_000, 3).read)).rejects.toThrow("cut off");
});
