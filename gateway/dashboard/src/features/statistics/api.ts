import { api, body, type Schemas } from "@/api/client";
import type { LiveSource } from "@/live/live_store";

/** As the stream tells it (schemas/openapi/schemas/stats.yaml, ProjectFigures). */
export type ProjectFigures = Schemas["Dashboard"] & { project: string };
export type Figures = ReadonlyMap<string, ProjectFigures>;

/** Figures of each project that one may see, by its name. */
export const figuresSource: LiveSource<Figures> = {
  key: "stats",
  stream: "stats",
  snapshot: (data) => new Map((data as { items: ProjectFigures[] }).items.map((item) => [item.project, item])),
  event: (old, data) => new Map(old).set((data as ProjectFigures).project, data as ProjectFigures),
  keep: (figures) => figures,
};

export const readDays = (days: number) => body(api.GET("/api/v1/stats/tasks/date", { params: { query: { days } } }));
export const readHours = (hours: number) => body(api.GET("/api/v1/stats/tasks/hour", { params: { query: { hours } } }));
export const readByModel = () => body(api.GET("/api/v1/stats/models"));

type Counts = Schemas["TaskCounts"];

/** The sum over projects. Quantiles cannot be added, so of several projects they are those of none. */
export function sumOf(figures: Figures): { tasks: Counts; last: Schemas["Lately"]; models: ProjectFigures["models"] } {
  const tasks: Counts = { pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0 };
  const none = { p50: null, p95: null, p99: null };
  const last: Schemas["Lately"] = { completed: 0, failed: 0, success_rate: null, tokens: 0, cost_usd_micro: 0, wait_ms: none, run_ms: none };
  const models: ProjectFigures["models"] = [];
  const busy = [...figures.values()].filter((one) => one.last_24h.completed + one.last_24h.failed > 0);
  for (const one of figures.values()) {
    for (const key of Object.keys(tasks) as (keyof Counts)[]) tasks[key] += one.tasks[key];
    for (const key of ["completed", "failed", "tokens", "cost_usd_micro"] as const) last[key] += one.last_24h[key];
    models.push(...one.models);
  }
  if (last.completed + last.failed > 0) last.success_rate = last.completed / (last.completed + last.failed);
  if (busy.length === 1 && busy[0]) [last.wait_ms, last.run_ms] = [busy[0].last_24h.wait_ms, busy[0].last_24h.run_ms];
  return { tasks, last, models };
}
