import { api, body, type Deployment, type Schemas } from "@/api/client";
import type { ListSource } from "@/live/use_live_list";
import type { LiveSource } from "@/live/live_store";
import { rowIn } from "@/live/row_list";
import { matchesFilter, type DeploymentFilter } from "./filter";

export type Status = Schemas["Status"];
export type Action = Schemas["BatchRequest"]["action"];
export type BatchOutcome = Schemas["BatchAnswer"]["items"][number];

/** Deployments that a filter finds, newest first. */
export function deploymentList(filter: DeploymentFilter): ListSource<Deployment> {
  return {
    key: `deployments?${JSON.stringify(filter)}`,
    stream: "deployments",
    read: ({ signal, ...query }) =>
      body(api.GET("/api/v1/deployments", { params: { query: { ...filter, ...query } }, signal: signal ?? null })),
    matches: (row) => matchesFilter(row, filter),
  };
}

/** One deployment; its stream tells it whole at each change. */
export function deploymentSource(id: string): LiveSource<Deployment> {
  const take = (data: unknown) => data as Deployment;
  return {
    key: `deployments/${id}`,
    stream: `deployments/${id}`,
    snapshot: take,
    event: (_, data) => take(data),
    keep: (deployment) => deployment,
    known: (kept) => rowIn<Deployment>(kept("deployments?"), id),
  };
}

export const actOnAll = (action: Action, ids: string[]): Promise<Schemas["BatchAnswer"]> =>
  body(api.POST("/api/v1/deployments/batch", { body: { action, ids } }));

export function actOn(id: string, action: Action) {
  const params = { params: { path: { id } } };
  if (action === "delete") return body(api.DELETE("/api/v1/deployments/{id}", params));
  return body(api.POST(`/api/v1/deployments/{id}/${action}`, params));
}

/** `key`: repeated with it, the same is made once. */
export const createDeployment = (given: Schemas["CreateDeployment"], key: string) =>
  body(api.POST("/api/v1/deployments", { params: { header: { "Idempotency-Key": key } }, body: given }));

export const planDeployment = async (given: Schemas["CreateDeployment"]) =>
  (await body(api.POST("/api/v1/deployments", { params: { query: { dry_run: true } }, body: given }))) as Schemas["DeploymentPlan"];

const acting: Record<Action, (status: Status) => boolean> = {
  start: (status) => status === "stopped" || status === "failed",
  stop: (status) => ["creating", "starting", "running", "unreachable"].includes(status),
  restart: (status) => status === "running",
  delete: (status) => status !== "deleting" && status !== "deleted",
};

/** Whether the action would do anything in this status. */
export const applies = (action: Action, status: Status): boolean => acting[action](status);
