import type { Deployment, Schemas } from "@/api/client";
import { bytesOf, pairsOf } from "../create/draft";

export type Change = Schemas["PatchDeployment"];
/** What can be changed of a deployment that is there. */
export type ChangeField = keyof Change;
export const changeFields = ["name", "labels", "limits", "restart_policy", "price_usd_micro_per_hour"] as const satisfies readonly ChangeField[];

/** What the form holds: text as it was typed. */
export interface EditDraft {
  name: string;
  labels: string;
  cpus: string;
  memory: string;
  processes: string;
  restart: Schemas["PolicyName"];
  maxRestarts: string;
  price: string;
}

type Editable = Pick<Deployment, ChangeField>;

const sizes = ["GiB", "MiB", "KiB"];

/** Exactly so many bytes, so that what nobody touched stays what it is: "1536 MiB", and not "1.5 GiB". */
export function sizeText(bytes: number): string {
  const unit = [2 ** 30, 2 ** 20, 2 ** 10].findIndex((size) => bytes % size === 0);
  return unit < 0 ? String(bytes) : `${bytes / 2 ** (30 - 10 * unit)} ${sizes[unit] ?? ""}`;
}

const textOf = (value: number | null | undefined) => (value === null || value === undefined ? "" : String(value));

export function draftOf(deployment: Editable): EditDraft {
  const { limits, restart_policy: policy } = deployment;
  return {
    name: deployment.name,
    labels: Object.entries(deployment.labels).map(([key, value]) => `${key}=${value}`).join("\n"),
    cpus: textOf(limits?.cpus),
    memory: typeof limits?.memory_bytes === "number" ? sizeText(limits.memory_bytes) : "",
    processes: textOf(limits?.processes),
    restart: policy.policy,
    maxRestarts: textOf(policy.max_restarts),
    price: String(deployment.price_usd_micro_per_hour / 1e6),
  };
}

const number = (text: string) => (text.trim() === "" ? undefined : Number(text));

/** What is sent: of what was not touched, nothing. Limits and the policy are changed as wholes, so the rest of them goes along. */
export function changeOf(was: Editable, draft: EditDraft): Change {
  const before = draftOf(was);
  const differs = (...fields: (keyof EditDraft)[]) => fields.some((field) => draft[field] !== before[field]);
  const memory = draft.memory.trim() === "" ? undefined : bytesOf(draft.memory);
  const limits = { cpus: number(draft.cpus), memory_bytes: memory, processes: number(draft.processes) };
  const max = draft.restart === "never" ? undefined : number(draft.maxRestarts);
  const { max_restarts: _, ...policy } = was.restart_policy;
  return {
    ...(differs("name") ? { name: draft.name.trim() } : {}),
    ...(differs("labels") ? { labels: Object.fromEntries(pairsOf(draft.labels)) } : {}),
    ...(differs("cpus", "memory", "processes") ? { limits: Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)) } : {}),
    ...(differs("restart", "maxRestarts") ? { restart_policy: { ...policy, policy: draft.restart, ...(max === undefined ? {} : { max_restarts: max }) } } : {}),
    ...(differs("price") ? { price_usd_micro_per_hour: Math.round(Number(draft.price || 0) * 1e6) } : {}),
  } as Change;
}

const fields: Record<string, keyof EditDraft> = { name: "name", labels: "labels", restart_policy: "restart", price_usd_micro_per_hour: "price" };

/** The field of the form to which a path of the request belongs: "limits.memory_bytes", "#/name". */
export function editFieldAt(path: string): keyof EditDraft | undefined {
  const [first = "", second] = path.replace(/^[#/]+/, "").split(/[./[\]]+/);
  if (first === "limits") return second === "memory_bytes" ? "memory" : second === "processes" ? "processes" : second === "cpus" ? "cpus" : undefined;
  if (first === "restart_policy" && second === "max_restarts") return "maxRestarts";
  return fields[first];
}

/** The same text for the same value, whatever the order of its members and however nothing is written. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return members.length === 0 ? "null" : `{${members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => `${key}:${canonical(member)}`).join(",")}}`;
}

export interface Conflict {
  field: ChangeField;
  was: unknown;
  is: unknown;
}

/** What somebody else has changed since `was`, of the fields that are to be changed. */
export function conflictsOf(was: Editable, is: Editable, touched: readonly ChangeField[]): Conflict[] {
  return touched.filter((field) => canonical(was[field]) !== canonical(is[field])).map((field) => ({ field, was: was[field], is: is[field] }));
}

export const fieldsOf = (change: Change): ChangeField[] => changeFields.filter((field) => field in change);

/** The change that puts back what `was` there. No limits at all are an empty object: null would leave them as they are. */
export function backTo(was: Editable, touched: readonly ChangeField[]): Change {
  return Object.fromEntries(touched.map((field) => [field, field === "limits" ? (was.limits ?? {}) : was[field]])) as Change;
}

/** A value for people: "team=vision", "2 CPU", "on-failure". */
export function shown(field: ChangeField, value: unknown): string {
  const draft = draftOf({ name: "", labels: {}, limits: null, restart_policy: { policy: "never" }, price_usd_micro_per_hour: 0, [field]: value } as Editable);
  const parts: Record<ChangeField, string[]> = {
    name: [draft.name],
    labels: draft.labels.split("\n"),
    limits: [draft.cpus && `${draft.cpus} CPU`, draft.memory, draft.processes && `${draft.processes} ≤`],
    restart_policy: [draft.restart, draft.maxRestarts && `≤ ${draft.maxRestarts}`],
    price_usd_micro_per_hour: [`$${draft.price}`],
  };
  return parts[field].filter(Boolean).join(", ") || "–";
}
