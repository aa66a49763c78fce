import { afterEach, expect, test, vi } from "vitest";
import { addressOf, nameIn, readLines, readWhole } from "./download";

const text = (part: string) => new TextEncoder().encode(part);

/** A server that answers these pieces, and then breaks the connection off if `isCut`. */
function answering(pieces: string[], isCut = false): void {
  const body = new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece !== undefined) controller.enqueue(text(piece));
      else if (isCut) controller.error(new TypeError("network error"));
      else controller.close();
    },
  });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { headers: { "Content-Type": "text/csv", "Content-Disposition": 'attachment; filename="tasks-1.csv"' } })));
}

afterEach(() => vi.unstubAllGlobals());

const never = new AbortController().signal;

test("A list is read to its end, and is called what the server calls it", async () => {
  answering(["id\r\n", "a\r\n", "b\r\n"]);
  const heard: number[] = [];
  const { content, name } = await readWhole("/api/v1/tasks", "csv", never, (bytes) => heard.push(bytes));
  expect(await content.text()).toBe("id\r\na\r\nb\r\n");
  expect([name, heard]).toEqual(["tasks-1.csv", [4, 7, 10]]);
});

test("An answer that is cut off in the middle is a failure, and never half a file", async () => {
  answering(["id\r\n", "a\r\n"], true);
  await expect(readWhole("/api/v1/tasks", "csv", never, () => undefined)).rejects.toMatchObject({ code: "export.cut_off" });
  answering(['{"a":1}\n{"a"'], true);
  await expect(readLines("/api/v1/events", never, () => undefined, (line) => line)).rejects.toMatchObject({ code: "export.cut_off" });
});

test("A last line without its end was cut", async () => {
  answering(['{"a":1}\n{"a":2}']);
  await expect(readLines("/api/v1/events", never, () => undefined, (line) => line)).rejects.toMatchObject({ code: "export.cut_off" });
});

test("Lines are whole for who looks at them, however they come, and only what it answers is kept", async () => {
  answering(['{"a', '":1}\n{"a":2', '}\n{"a":3}\n']);
  const seen: string[] = [];
  const content = await readLines("/api/v1/events", never, () => undefined, (line) => {
    seen.push(line);
    return line.includes("2") ? "" : `${line};`;
  });
  expect(seen).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);
  expect(await content.text()).toBe('{"a":1};{"a":3};');
});

test("What the server refuses is told in its words", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ code: "export.too_many", detail: "try again" }, { status: 429 })));
  await expect(readWhole("/api/v1/tasks", "csv", never, () => undefined)).rejects.toMatchObject({ status: 429, code: "export.too_many" });
});

test("Names of files and addresses are what they are given", () => {
  expect(nameIn('attachment; filename="a-1.csv"')).toBe("a-1.csv");
  expect(nameIn('attachment; filename="../a"')).toBeUndefined();
  expect(nameIn(null)).toBeUndefined();
  expect(addressOf("/a", { text: "x y&z", status: undefined, priority: 2 })).toBe("/a?text=x+y%26z&priority=2");
  expect(addressOf("/a", {})).toBe("/a");
});
