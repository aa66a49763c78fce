import { expect, test } from "vitest";
import { Attempts } from "./attempts";
import { Problem } from "./client";

const lost = () => Promise.reject(new Problem(0, "network", "no answer"));
const made = () => Promise.resolve({ id: "dep_1" });

/** The keys under which these answers were asked for. */
async function keysOf(...asked: [request: unknown, answer: () => Promise<unknown>][]): Promise<string[]> {
  const attempts = new Attempts();
  const keys: string[] = [];
  for (const [request, answer] of asked)
    await attempts
      .send(request, (key) => {
        keys.push(key);
        return answer();
      })
      .catch(() => undefined);
  return keys;
}

test("What was not answered is asked for under the same key again", async () => {
  const [first, second, third] = await keysOf([{ name: "a" }, lost], [{ name: "a" }, () => Promise.reject(new Problem(503, "log.unavailable", ""))], [{ name: "a" }, made]);
  expect(second).toBe(first);
  expect(third).toBe(first);
});

test("What is only on its way is asked for under the same key again", async () => {
  const [first, second] = await keysOf([{ name: "a" }, () => Promise.resolve({ command_id: "c", status_url: "/" })], [{ name: "a" }, made]);
  expect(second).toBe(first);
});

test("The same wish once more, after it was answered, is another one", async () => {
  for (const answer of [made, () => Promise.reject(new Problem(422, "name", ""))]) {
    const [first, second] = await keysOf([{ name: "a" }, answer], [{ name: "a" }, made]);
    expect(second).not.toBe(first);
  }
});

test("What was changed is another one", async () => {
  const [first, second] = await keysOf([{ name: "a" }, lost], [{ name: "b" }, made]);
  expect(second).not.toBe(first);
});
