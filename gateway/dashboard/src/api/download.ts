import { noAnswer, Problem, problemOf, sessionEnded } from "./client";

export type ExportFormat = "csv" | "jsonl";
const accepted: Record<ExportFormat, string> = { csv: "text/csv", jsonl: "application/jsonl" };

export interface Download {
  content: Blob;
  name: string;
}

/** Pieces are handed to the browser as one Blob each time so much has come: it may keep that on disk. */
const kFoldBytes = 8 * 1024 * 1024;

/** Collects the pieces of a file. */
class Pieces {
  private loose: BlobPart[] = [];
  private looseBytes = 0;
  private whole = new Blob([]);

  add(piece: Uint8Array<ArrayBuffer> | string): void {
    this.loose.push(piece);
    this.looseBytes += piece.length;
    if (this.looseBytes >= kFoldBytes) this.fold();
  }

  blob(type: string): Blob {
    this.fold();
    return new Blob([this.whole], { type });
  }

  private fold(): void {
    this.whole = new Blob([this.whole, ...this.loose]);
    this.loose = [];
    this.looseBytes = 0;
  }
}

/** `attachment; filename="deployments-2026-03-01T12-00-00Z.csv"` → the name; undefined where there is none. */
export const nameIn = (disposition: string | null): string | undefined => /filename="([^"\\/]+)"/.exec(disposition ?? "")?.[1];

async function ask(address: string, format: ExportFormat, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, { headers: { Accept: accepted[format] }, credentials: "same-origin", cache: "no-store", signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw noAnswer();
  }
  if (response.ok && response.body) return response;
  if (response.status === 401) sessionEnded();
  throw problemOf(response.status, await response.json().catch(() => undefined));
}

/**
 * Reads a list to its end. What is cut off in the middle throws (`export.cut_off`), and so does what `signal` aborts: half
 * a file is never answered. `onBytes` hears how much has come.
 */
export async function readWhole(address: string, format: ExportFormat, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<Download> {
  const pieces = new Pieces();
  const response = await readPieces(address, format, signal, onBytes, (piece) => pieces.add(piece));
  const type = response.headers.get("Content-Type") ?? accepted[format];
  return { content: pieces.blob(type), name: nameIn(response.headers.get("Content-Disposition")) ?? `export.${format}` };
}

/** The same, of a list of which each line is looked at: `write` answers what becomes of it in the file, if anything. */
export async function readLines(address: string, signal: AbortSignal, onBytes: (bytes: number) => void, write: (line: string) => string): Promise<Blob> {
  const pieces = new Pieces();
  const decoder = new TextDecoder();
  let rest = "";
  await readPieces(address, "jsonl", signal, onBytes, (piece) => {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    pieces.add(lines.filter((line) => line !== "").map(write).join(""));
  });
  // A list ends with an end of line; what stands behind it is a line that was cut.
  if (rest + decoder.decode() !== "") throw cutOff();
  return pieces.blob("");
}

const cutOff = () => new Problem(0, "export.cut_off", "the answer was cut off before its end");

async function readPieces(address: string, format: ExportFormat, signal: AbortSignal, onBytes: (bytes: number) => void, take: (piece: Uint8Array<ArrayBuffer>) => void): Promise<Response> {
  const response = await ask(address, format, signal);
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw signal.aborted ? error : cutOff();
    });
    if (done) return response;
    bytes += value.length;
    take(value);
    onBytes(bytes);
  }
}

/** An address with its query; what is undefined is left out. */
export function addressOf(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`;
}
