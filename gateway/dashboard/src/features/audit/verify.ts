import { api, problemOf, type Schemas } from "@/api/client";

export type AuditLine = Schemas["AuditLine"];
export type AuditProgress = Schemas["AuditProgress"];
export type AuditResult = Schemas["AuditResult"];

/** The lines of a text that comes in pieces; what has no end yet waits. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
}

async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) if (value) yield value;
}

/** What the server says while it proves the record. It stops when `signal` says so. Throws a Problem when refused. */
export async function* verifyAudit(signal: AbortSignal): AsyncGenerator<AuditLine> {
  const { data, error, response } = await api.POST("/api/v1/audit/verify", { parseAs: "stream", signal });
  if (!response.ok || !data) throw problemOf(response.status, error);
  for await (const line of linesOf(piecesOf(data as ReadableStream<Uint8Array>))) yield JSON.parse(line) as AuditLine;
}

/** Both walks as one: of how many steps, and how many are done. */
export function shareOf({ stage, done, of }: AuditProgress): { done: number; of: number } {
  return { done: stage === "records" ? done : of + done, of: 2 * of };
}

const reasons: Record<string, "changed" | "signature" | "otherKey" | "missing" | "unsigned" | "version"> = {
  "log.corrupt": "changed",
  "audit.other_hash": "changed",
  "checkpoint.forged": "signature",
  "checkpoint.invalid": "signature",
  "checkpoint.misplaced": "signature",
  "checkpoint.other_key": "otherKey",
  "audit.other_owner": "otherKey",
  "audit.missing": "missing",
  "log.truncated": "missing",
  "audit.unsigned": "unsigned",
  "audit.no_claim": "unsigned",
  "audit.version": "version",
};

/** In which words people are told what a code means. */
export const reasonOf = (code: string) => reasons[code] ?? "other";
