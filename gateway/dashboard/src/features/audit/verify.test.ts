import { expect, test } from "vitest";
import { linesOf, reasonOf, shareOf } from "./verify";

async function* pieces(...texts: string[]) {
  for (const text of texts) yield new TextEncoder().encode(text);
}

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

test("Lines are whole however they come", async () => {
  expect(await all(linesOf(pieces('{"a":1}\n{"b"', ':"é', '"}\n\n', '{"c":3}\n')))).toEqual(['{"a":1}', '{"b":"é"}', '{"c":3}']);
});

test("A character that is cut in two pieces is one", async () => {
  const [first, second] = [new Uint8Array([0x22, 0xe7]), new Uint8Array([0x9a, 0x84, 0x22, 0x0a])];
  async function* cut() {
    yield first;
    yield second;
  }
  expect(await all(linesOf(cut()))).toEqual(['"的"']);
});

test("What has no end of line is no line: the answer was cut off", async () => {
  expect(await all(linesOf(pieces('{"kind":"begun"}\n{"kind":"result"')))).toEqual(['{"kind":"begun"}']);
});

test("Progress never goes back from the records to the indexes", () => {
  expect(shareOf({ kind: "progress", stage: "records", done: 100, of: 100 })).toEqual({ done: 100, of: 200 });
  expect(shareOf({ kind: "progress", stage: "indexes", done: 1, of: 100 })).toEqual({ done: 101, of: 200 });
});

test("A code that is not known here is told as it is", () => {
  expect(reasonOf("audit.missing")).toBe("missing");
  expect(reasonOf("something.new")).toBe("other");
});
