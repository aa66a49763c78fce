import { api, body, Problem, type Deployment } from "@/api/client";
import type { DeploymentFilter } from "../filter";

const kPage = 200;
const kWholePage = 1_000;
/** More than these are not compared or summed: then it is said that there are more. */
export const kRowsMax = 10_000;

export const readPageAt = (filter: DeploymentFilter, at: string, cursor: string | undefined, signal: AbortSignal, size = kPage) =>
  body(api.GET("/api/v1/deployments", { params: { query: { ...filter, at, page_size: size, ...(cursor ? { cursor } : {}) } }, signal }));

/** Every deployment that a filter found then. */
export async function readAllAt(filter: DeploymentFilter, at: string, signal: AbortSignal): Promise<{ rows: Deployment[]; isWhole: boolean }> {
  const rows: Deployment[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await readPageAt(filter, at, cursor, signal, kWholePage);
    rows.push(...page.items);
    cursor = page.next_cursor ?? undefined;
    if (cursor === undefined || rows.length >= kRowsMax) return { rows, isWhole: cursor === undefined };
  }
}

/** One as it was; null when it was not there yet. */
export async function readOneAt(id: string, at: string, signal: AbortSignal): Promise<Deployment | null> {
  try {
    return await body(api.GET("/api/v1/deployments/{id}", { params: { path: { id }, query: { at } }, signal }));
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}
