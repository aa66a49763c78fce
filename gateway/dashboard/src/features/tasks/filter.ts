import type { ListedTask, Schemas } from "@/api/client";

/** As GET /api/v1/tasks takes it. */
export interface TaskFilter {
  status?: Schemas["TaskStatus"];
  model?: string;
  type?: Schemas["TaskType"];
  priority?: number;
  label?: string;
  text?: string;
}

export const taskStatuses = ["pending", "running", "completed", "failed", "cancelled"] as const satisfies readonly Schemas["TaskStatus"][];
export const taskTypes = ["text-generation", "translation", "summarization", "embedding", "custom"] as const satisfies readonly Schemas["TaskType"][];

export function taskFilterOf(search: Record<string, unknown>): TaskFilter {
  const filter: TaskFilter = {};
  const status = taskStatuses.find((one) => one === search.status);
  const type = taskTypes.find((one) => one === search.type);
  if (status) filter.status = status;
  if (type) filter.type = type;
  if ([1, 2, 3].includes(Number(search.priority))) filter.priority = Number(search.priority);
  for (const name of ["model", "label", "text"] as const) {
    const value = search[name];
    if ((typeof value === "string" && value !== "") || typeof value === "number") filter[name] = String(value);
  }
  return filter;
}

/** Whether the server would list the task under this filter. */
export function matchesTask(task: ListedTask, filter: TaskFilter): boolean {
  if (filter.status && task.status !== filter.status) return false;
  if (filter.model && task.model_id !== filter.model && task.model !== filter.model) return false;
  if (filter.type && task.type !== filter.type) return false;
  if (filter.priority && task.priority !== filter.priority) return false;
  const labels = task.labels ?? {};
  if (filter.label) {
    const at = filter.label.indexOf("=");
    if (labels[filter.label.slice(0, at)] !== filter.label.slice(at + 1)) return false;
  }
  if (!filter.text) return true;
  const text = filter.text.toLowerCase();
  return [task.model, task.id, ...Object.values(labels)].some((value) => value.toLowerCase().includes(text));
}
