import type { Deployment, Schemas } from "@/api/client";

/** As GET /api/v1/deployments takes it. */
export interface DeploymentFilter {
  status?: Schemas["Status"];
  text?: string;
  provider?: string;
  owner?: string;
  label?: string;
}

export const statuses = ["creating", "starting", "running", "stopping", "stopped", "failed", "unreachable", "deleting", "deleted"] as const satisfies readonly Schemas["Status"][];

/** Reads the filter from an address; what is not known is left out. */
export function filterOf(search: Record<string, unknown>): DeploymentFilter {
  const filter: DeploymentFilter = {};
  const status = statuses.find((one) => one === search.status);
  if (status) filter.status = status;
  for (const name of ["text", "provider", "owner", "label"] as const) {
    const value = search[name];
    if (typeof value === "string" && value !== "") filter[name] = value;
    if (typeof value === "number") filter[name] = String(value);
  }
  return filter;
}

/** Whether the server would list the row under this filter; it says the same as projections/deployments. */
export function matchesFilter(row: Deployment, filter: DeploymentFilter): boolean {
  if (filter.status ? row.status !== filter.status : row.status === "deleted") return false;
  if (filter.provider && row.provider !== filter.provider) return false;
  if (filter.owner && row.owner !== filter.owner) return false;
  if (filter.label) {
    const at = filter.label.indexOf("=");
    if (row.labels[filter.label.slice(0, at)] !== filter.label.slice(at + 1)) return false;
  }
  if (!filter.text) return true;
  const text = filter.text.toLowerCase();
  return [row.name, row.id, ...Object.values(row.labels)].some((value) => value.toLowerCase().includes(text));
}
