import { api, body, type ListedTask, type Schemas } from "@/api/client";
import type { LiveSource } from "@/live/live_store";
import type { ListSource } from "@/live/use_live_list";
import { rowIn } from "@/live/row_list";
import { matchesTask, type TaskFilter } from "./filter";

export function taskList(filter: TaskFilter): ListSource<ListedTask> {
  return {
    key: `tasks?${JSON.stringify(filter)}`,
    stream: "tasks",
    read: ({ signal, ...query }) => body(api.GET("/api/v1/tasks", { params: { query: { ...filter, ...query } }, signal: signal ?? null })),
    matches: (task) => matchesTask(task, filter),
  };
}

/** What a task's stream tells: the task as lists have it, and what its call has said so far. */
export interface TaskView {
  task: ListedTask;
  partial: { attempt: number; text: string } | undefined;
}

type Partial = { partial: { attempt: number; offset: number; text: string } };

/** Adds what a call says; another attempt begins anew, and what came twice is there once. Offsets are in bytes. */
export function addPartial(old: TaskView["partial"], { attempt, offset, text }: Partial["partial"]): TaskView["partial"] {
  if (old && old.attempt > attempt) return old;
  const before = old?.attempt === attempt ? new TextEncoder().encode(old.text) : new Uint8Array();
  if (offset > before.length) return old;
  return { attempt, text: new TextDecoder().decode(before.slice(0, offset)) + text };
}

export function taskSource(id: string): LiveSource<TaskView> {
  return {
    key: `tasks/${id}`,
    stream: `tasks/${id}`,
    snapshot: (data, old) => ({ task: data as ListedTask, partial: old?.partial }),
    event: (old, data) =>
      data !== null && typeof data === "object" && "partial" in data
        ? { ...old, partial: addPartial(old.partial, (data as Partial).partial) }
        : { ...old, task: data as ListedTask },
    // What a model says is sealed where it is kept for long, and is not kept here.
    keep: ({ task }) => ({ task, partial: undefined }),
    known: (kept) => {
      const row = rowIn<ListedTask>(kept("tasks?"), id);
      return row && { state: { task: row.state, partial: undefined }, asOf: row.asOf };
    },
  };
}

export const readTask = (id: string) => body(api.GET("/api/v1/tasks/{id}", { params: { path: { id } } }));
export const cancelTask = (id: string) => body(api.DELETE("/api/v1/tasks/{id}", { params: { path: { id } } }));
export const retryTask = (id: string) => body(api.POST("/api/v1/tasks/{id}/retry", { params: { path: { id } } }));
/** `key`: repeated with it, the same is submitted once. */
export const submitTask = (task: Schemas["SubmitTask"], key: string) => body(api.POST("/api/v1/tasks", { params: { header: { "Idempotency-Key": key } }, body: task }));

/** What became of each; `brokeOff`: why it went no further, when it did not come to its end. */
export interface ActedOnFound {
  items: Schemas["ActedOn"]["items"];
  brokeOff: unknown;
}

/** Cancels or sends again everything that the filter finds, page by page. Throws when nothing was done. */
export async function actOnFound(action: "cancel" | "retry", filter: TaskFilter): Promise<ActedOnFound> {
  const items: Schemas["ActedOn"]["items"] = [];
  let cursor: string | undefined;
  do {
    const query = { ...filter, page_size: 1_000, ...(cursor === undefined ? {} : { cursor }) };
    try {
      const page = await body(api.POST(`/api/v1/tasks/${action}`, { params: { query } }));
      items.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } catch (error) {
      if (items.length === 0) throw error;
      return { items, brokeOff: error };
    }
  } while (cursor !== undefined);
  return { items, brokeOff: undefined };
}
