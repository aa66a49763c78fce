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
  partial: Said | undefined;
  /** What was said behind a part that was missed; undefined: none was. The part is in the task as it is read. */
  ahead?: Part | undefined;
}

interface Said {
  attempt: number;
  text: string;
}

interface Part extends Said {
  /** Bytes of the call's text before this. */
  offset: number;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Adds what a call says; another attempt begins anew, what came twice is there once, and what lies ahead is kept. */
export function addPartial<V extends Pick<TaskView, "partial" | "ahead">>(view: V, part: Part): V {
  const { partial, ahead } = view;
  if (part.attempt < Math.max(partial?.attempt ?? 0, ahead?.attempt ?? 0)) return view;
  const text = extended(partial, 0, part);
  if (text !== undefined) return { ...view, partial: { attempt: part.attempt, text }, ahead: ahead?.attempt === part.attempt ? ahead : undefined };
  const further = ahead && extended(ahead, ahead.offset, part);
  return { ...view, ahead: further === undefined ? part : { ...ahead, ...part, offset: ahead?.offset ?? part.offset, text: further } };
}

/** Takes in what the server had when the task was read, and with it what has been said since. */
export function addRead<V extends Pick<TaskView, "partial" | "ahead">>(view: V, read: Said): V {
  const { ahead, ...known } = view;
  const isMore = !view.partial || view.partial.attempt < read.attempt || (view.partial.attempt === read.attempt && view.partial.text.length < read.text.length);
  const merged = (isMore ? { ...known, partial: read } : known) as V;
  if (!ahead) return isMore ? merged : view;
  return addPartial(merged, ahead);
}

/** The text that begins at `from`, with the part at its place; undefined when something between them is missing. */
function extended(old: Said | undefined, from: number, { attempt, offset, text }: Part): string | undefined {
  const before = old?.attempt === attempt ? bytesOf(old.text) : new Uint8Array();
  const place = offset - from;
  if (place < 0 || place > before.length) return undefined;
  if (old && place + bytesOf(text).length <= before.length) return old.text;
  return new TextDecoder().decode(before.slice(0, place)) + text;
}

export function taskSource(id: string): LiveSource<TaskView> {
  return {
    key: `tasks/${id}`,
    stream: `tasks/${id}`,
    snapshot: (data, old) => ({ task: data as ListedTask, partial: old?.partial, ahead: old?.ahead }),
    event: (old, data) =>
      data !== null && typeof data === "object" && "partial" in data
        ? addPartial(old, (data as { partial: Part }).partial)
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
