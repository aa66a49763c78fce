/** Milliseconds before the n-th attempt (from 0) to connect again: 0.25, 0.5, 1 … 8 s, a fifth more or less of each. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(8_000, 250 * 2 ** Math.min(attempt, 16));
  return Math.round(base * (0.8 + 0.4 * random()));
}
