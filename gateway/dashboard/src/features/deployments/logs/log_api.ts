import { api, body, type LogLine, type Schemas } from "@/api/client";

interface LogQuery {
  after?: string;
  before?: string;
  line?: number;
  limit?: number;
  tail?: number;
  from?: string;
  to?: string;
  contains?: string;
  stream?: "stdout" | "stderr";
}

export const readLogs = (id: string, query: LogQuery) =>
  body(api.GET("/api/v1/deployments/{id}/logs", { params: { path: { id }, query } }));

/** The number of the first line at or behind a time; undefined when there is none. */
export async function lineAfter(id: string, from: string): Promise<number | undefined> {
  return (await readLogs(id, { from, limit: 1 })).items[0]?.seq;
}

type LogPage = Schemas["LogPage"];

const kDownloadPage = 10_000;

/**
 * All lines that are kept and meet `filter`, up to the last that is there when it begins: a log may be written as fast as it is read. As
 * text, compressed on the way; nothing but the compressed bytes is kept.
 */
export async function downloadLogs(id: string, withTimes: boolean, filter: Pick<LogQuery, "contains" | "stream"> = {}, read = readLogs): Promise<Blob> {
  const zip = new CompressionStream("gzip");
  const blob = new Response(zip.readable).blob();
  const writer = zip.writable.getWriter();
  try {
    const last = (await read(id, { tail: 1 })).items[0]?.seq ?? 0;
    const encoder = new TextEncoder();
    for await (const lines of linesUpTo(last, (after) => read(id, { ...filter, limit: kDownloadPage, ...(after === undefined ? {} : { after }) })))
      await writer.write(encoder.encode(lines.map((line) => textOf(line, withTimes)).join("")));
    await writer.close();
  } catch (error) {
    // The half that was read is dropped, and what waits for the whole is let go.
    blob.catch(() => undefined);
    await writer.abort(error).catch(() => undefined);
    throw error;
  }
  return blob;
}

async function* linesUpTo(last: number, read: (after: string | undefined) => Promise<LogPage>): AsyncGenerator<LogLine[]> {
  let after: string | undefined;
  for (;;) {
    const { items, next_cursor } = await read(after);
    yield items.filter((line) => line.seq <= last);
    // The server answers less than it was asked for at the end of the log alone.
    if (items.length < kDownloadPage || (items.at(-1)?.seq ?? last) >= last) return;
    after = next_cursor;
  }
}

const textOf = (line: LogLine, withTimes: boolean) => `${withTimes ? `${line.time} ` : ""}${line.text}${line.split ? "" : "\n"}`;
