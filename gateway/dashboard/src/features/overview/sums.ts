import type { Deployment } from "@/api/client";

export const isUp = (row: Deployment) => row.status === "running";
export const isBad = (row: Deployment) => row.status === "failed" || row.status === "unreachable";

/** What running deployments cost an hour; the list is read to its end for it, since a part would be a lie. */
export function spendOf(rows: Deployment[]): number {
  return rows.filter(isUp).reduce((sum, row) => sum + row.price_usd_micro_per_hour, 0);
}

export const costOf = (rows: Deployment[]): number => rows.reduce((sum, row) => sum + row.cost_usd_micro, 0);
