import { expect, test } from "vitest";
import { bytesOf, emptyDraft, fieldAt, isClosed, requestOf, splitCommand } from "./draft";

test("A command is split as a shell splits it, and nothing in it is expanded", () => {
  expect(splitCommand(`sh -c 'for i in 1 2; do echo "$i"; done' "a b" c\\ d ""`)).toEqual(["sh", "-c", 'for i in 1 2; do echo "$i"; done', "a b", "c d", ""]);
  expect(splitCommand("")).toEqual([]);
  expect(splitCommand(`echo "not closed`)).toEqual(["echo", "not closed"]);
  for (const closed of ["", "a b", `sh -c 'a "b'`, `"a 'b"`, `a\\'b`, `"a\\"b"`]) expect(isClosed(closed), closed).toBe(true);
  for (const open of [`'a`, `a "b`, `"a\\"`, `'a' 'b`]) expect(isClosed(open), open).toBe(false);
});

test("Sizes are powers of 1024, and what is no size is none", () => {
  expect([bytesOf("512M"), bytesOf("1.5 GiB"), bytesOf("4096")]).toEqual([536870912, 1610612736, 4096]);
  expect(bytesOf("much")).toBeNaN();
});

test("What was left empty is not in the request", () => {
  expect(requestOf({ ...emptyDraft, name: "a", command: "true" })).toEqual({ name: "a", provider: "local", command: ["true"] });
});

test("A value that begins with @ names a secret, and a price is in dollars", () => {
  const request = requestOf({ ...emptyDraft, name: "a", command: "true", env: "TOKEN=@HF\nX=1=2", price: "1.25" });
  expect(request.env).toEqual({ TOKEN: { secret: "HF" }, X: "1=2" });
  expect(request.price_usd_micro_per_hour).toBe(1_250_000);
});

test("A refusal is shown at the field that it is about", () => {
  expect(["command[0]", "#/limits/memory_bytes", "gpu.count", "name", "nonsense"].map(fieldAt)).toEqual(["command", "memory", "gpuCount", "name", undefined]);
});
