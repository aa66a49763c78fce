import { api, body, type CloudEvent } from "@/api/client";
import { addressOf, readLines, readWhole } from "@/api/download";
import type { LiveSource } from "@/live/live_store";
import type { ReadExport } from "@/ui/list/export_menu";

export interface AuditFilter {
  type?: string;
  text?: string;
}

/** The newest events, the newest first. */
export interface Audit {
  events: CloudEvent[];
  /** The types among them by name; another array only when one has come or gone. */
  types: readonly string[];
  /** How many there are of each. Shared, not copied. */
  counts: Map<string, number>;
}

const kEventsMax = 10_000;
const kTail = 1_000;
const kKept = 200;

/** Adds an event at its place; one that is there is not added again. Most are the newest: nothing else is looked at for them. */
export function addEvent(audit: Audit, event: CloudEvent, most = kEventsMax): Audit {
  const { events, counts } = audit;
  let place = events.findIndex(({ time }) => time <= event.time);
  if (place < 0) place = events.length;
  if (place >= most) return audit;
  for (let at = place; events[at]?.time === event.time; ++at) if (events[at]?.id === event.id) return audit;
  const next = events.toSpliced(place, 0, event);
  const dropped = next.length > most ? next.pop() : undefined;
  const isKnown = counts.has(event.type);
  count(counts, event, 1);
  const isGone = dropped !== undefined && count(counts, dropped, -1) === 0;
  return { events: next, counts, types: isKnown && !isGone ? audit.types : [...counts.keys()].sort() };
}

function count(counts: Map<string, number>, { type }: CloudEvent, by: number): number {
  const left = (counts.get(type) ?? 0) + by;
  if (left > 0) counts.set(type, left);
  else counts.delete(type);
  return left;
}

export function auditOf(events: CloudEvent[]): Audit {
  const counts = new Map<string, number>();
  for (const event of events) count(counts, event, 1);
  return { events, counts, types: [...counts.keys()].sort() };
}

const newestFirst = (a: CloudEvent, b: CloudEvent) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0);

export const auditSource: LiveSource<Audit> = {
  key: "audit",
  stream: "events",
  load: async ({ signal }) => {
    const page = await body(api.GET("/api/v1/events", { params: { query: { tail: kTail } }, signal }));
    return { state: auditOf([...page.items].sort(newestFirst)), cursor: page.next_cursor };
  },
  event: (audit, data) => addEvent(audit, data as CloudEvent),
  size: ({ events }) => events.length,
  keep: ({ events }) => auditOf(events.slice(0, kKept)),
};

export function matchesEvent(event: CloudEvent, { type, text }: AuditFilter): boolean {
  if (type && event.type !== type) return false;
  if (!text) return true;
  const wanted = text.toLowerCase();
  return [event.type, event.subject, event.actor, event.id, event.project ?? "", event.correlationid ?? ""].some((value) => value.toLowerCase().includes(wanted));
}

/** Tells which of many events match, again and again as some are added: each is looked at once. */
export function matching(filter: AuditFilter): (events: CloudEvent[]) => CloudEvent[] {
  if (!filter.type && !filter.text) return (events) => events;
  const known = new WeakMap<CloudEvent, boolean>();
  return (events) =>
    events.filter((event) => {
      let is = known.get(event);
      if (is === undefined) known.set(event, (is = matchesEvent(event, filter)));
      return is;
    });
}

/** "computehub.deployment.started.v1" → "deployment.started" */
export const shortType = (type: string): string => type.replace(/^computehub\./, "").replace(/\.v\d+$/, "");

const columns = ["id", "time", "type", "subject", "version", "actor", "org", "project", "commandid", "correlationid"] as const;

/** RFC 4180; what a spreadsheet would take for a formula gets an apostrophe. */
export function csvCell(value: unknown): string {
  const text = String(value ?? "");
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csvHead = `${[...columns, "data"].join(",")}\r\n`;
export const csvLine = (event: CloudEvent): string => `${[...columns.map((name) => csvCell(event[name])), csvCell(JSON.stringify(event.data))].join(",")}\r\n`;

/**
 * The whole record under the filter, and not the newest of it that the page shows. The server knows no search for text: what
 * it has of the type is looked through here, line by line.
 */
export function auditExport(filter: AuditFilter): ReadExport {
  const address = addressOf("/api/v1/events", { type: filter.type });
  return async (format, signal, onBytes) => {
    if (!filter.text) return readWhole(address, format, signal, onBytes);
    const found = await readLines(address, signal, onBytes, (line) => {
      const event = JSON.parse(line) as CloudEvent;
      if (!matchesEvent(event, filter)) return "";
      return format === "csv" ? csvLine(event) : `${line}\n`;
    });
    const content = new Blob(format === "csv" ? [csvHead, found] : [found], { type: format === "csv" ? "text/csv" : "application/jsonl" });
    return { content, name: `events.${format}` };
  };
}
