import { afterEach, expect, test, vi } from "vitest";
import { newIdempotencyKey } from "./idempotency_key";

afterEach(() => vi.unstubAllGlobals());

test("a key is made where the page came by plain http, and no two are the same", () => {
  vi.stubGlobal("crypto", { getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto) });
  const keys = new Set(Array.from({ length: 1000 }, newIdempotencyKey));
  expect(keys.size).toBe(1000);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});
