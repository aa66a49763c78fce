import { afterEach, expect, test, vi } from "vitest";
import { repeat } from "./use_whole";

afterEach(() => vi.useRealTimers());

test("What fails is asked for again ever later, and no more once it is ended", () => {
  vi.useFakeTimers();
  let asked = 0;
  const end = repeat(() => asked++);
  expect(asked).toBe(1);
  vi.advanceTimersByTime(10_000);
  expect(asked).toBeGreaterThan(2);
  expect(asked).toBeLessThan(6);
  end();
  const before = asked;
  vi.advanceTimersByTime(600_000);
  expect(asked).toBe(before);
});
