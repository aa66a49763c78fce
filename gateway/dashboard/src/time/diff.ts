import type { Deployment } from "@/api/client";

/** One field that is not the same at two moments; undefined: it was not there. */
export interface FieldChange {
  /** As the API names it: "reason.code", "labels.team". */
  field: string;
  before: unknown;
  after: unknown;
}

/** What changes with every event and says nothing of the entity itself: the events between tell it better. Nor what stands in another field, and what a cost is reckoned from. */
const noise = new Set(["updated_at", "version", "position", "reason.event_id", "reason.exit_code", "billing.since", "billing.cost_usd_micro", "billing.remainder"]);

function flatten(value: unknown, at: string, into: Map<string, unknown>): void {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, at === "" ? key : `${at}.${key}`, into);
  } else if (value !== null && value !== undefined) {
    into.set(at, value);
  }
}

const isSame = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** What people look for first. */
const first = ["status", "name", "reason.text", "desired", "price_usd_micro_per_hour", "cost_usd_micro"];
const placeOf = (field: string) => (first.includes(field) ? first.indexOf(field) : first.length);

/** What is not the same, else in the order in which the API tells fields; null and an absent field are the same. */
export function diffFields(before: object | undefined, after: object | undefined): FieldChange[] {
  const [old, fresh] = [new Map<string, unknown>(), new Map<string, unknown>()];
  flatten(before, "", old);
  flatten(after, "", fresh);
  const fields = [...new Set([...fresh.keys(), ...old.keys()])].sort((a, b) => placeOf(a) - placeOf(b));
  return fields
    .filter((field) => !noise.has(field) && !isSame(old.get(field), fresh.get(field)))
    .map((field) => ({ field, before: old.get(field), after: fresh.get(field) }));
}

export type ChangeKind = "appeared" | "changed" | "vanished";

export interface RowDiff {
  id: string;
  /** The row as it was last: at the later moment, or of one that vanished at the earlier. */
  row: Deployment;
  kind: ChangeKind;
  fields: FieldChange[];
}

const order: Record<ChangeKind, number> = { appeared: 0, vanished: 1, changed: 2 };
/** Those that did nothing but cost go last. */
const rank = ({ kind, fields }: RowDiff) => order[kind] + (kind === "changed" && fields.every(({ field }) => field === "cost_usd_micro") ? 1 : 0);

/** What became of a list between two moments. */
export function diffRows(before: readonly Deployment[], after: readonly Deployment[]): RowDiff[] {
  const old = new Map(before.map((row) => [row.id, row]));
  const still = new Set(after.map((row) => row.id));
  const diffs: RowDiff[] = [];
  for (const row of after) {
    const was = old.get(row.id);
    const fields = was ? diffFields(was, row) : [];
    if (!was) diffs.push({ id: row.id, row, kind: "appeared", fields });
    else if (fields.length > 0) diffs.push({ id: row.id, row, kind: "changed", fields });
  }
  for (const row of before) if (!still.has(row.id)) diffs.push({ id: row.id, row, kind: "vanished", fields: [] });
  return diffs.sort((a, b) => rank(a) - rank(b));
}
