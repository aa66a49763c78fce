import type { Deployment } from "@/api/client";

export type Charged = Pick<Deployment, "cost_usd_micro" | "price_usd_micro_per_hour" | "billing">;

const kMicrosPerHour = 3_600_000_000n;

/** "2026-03-01T12:00:05.123456Z" in microseconds since 1970: more than a number holds exactly with what follows. */
function micros(instant: string): bigint {
  return BigInt(Date.parse(`${instant.slice(0, 19)}Z`)) * 1_000n + BigInt(instant.slice(20, 26));
}

/** Whether its cost grows by itself. */
export const isCharged = ({ billing, price_usd_micro_per_hour: price }: Charged): boolean => billing.since !== null && price > 0;

/**
 * Micro-USD at `now` (ms since 1970), to the last one as the server counts them. Never less than the server has said:
 * clocks differ.
 */
export function costAt(row: Charged, now: number): number {
  const { billing, cost_usd_micro: told, price_usd_micro_per_hour: price } = row;
  if (billing.since === null || price === 0) return told;
  const ran = BigInt(Math.floor(now * 1_000)) - micros(billing.since);
  if (ran <= 0n) return told;
  const charged = (BigInt(price) * ran + BigInt(billing.remainder)) / kMicrosPerHour;
  return Math.max(told, billing.cost_usd_micro + Number(charged));
}
