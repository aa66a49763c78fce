import { api, body, type LogLine } from "@/api/client";

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

const kDownloadPage = 10_000;

/** All lines that are kept, as text, compressed on the way; nothing but the compressed bytes is kept. */
export async function downloadLogs(id: string, withTimes: boolean): Promise<Blob> {
  const zip = new CompressionStream("gzip");
  const blob = new Response(zip.readable).blob();
  const writer = zip.writable.getWriter();
  const encoder = new TextEncoder();
  let after: string | undefined;
  for (;;) {
    const page = await readLogs(id, { limit: kDownloadPage, ...(after === undefined ? {} : { after }) });
    if (page.items.length === 0) break;
    await writer.write(encoder.encode(page.items.map((line) => textOf(line, withTimes)).join("")));
    after = page.next_cursor;
  }
  await writer.close();
  return blob;
}

const textOf = (line: LogLine, withTimes: boolean) => `${withTimes ? `${line.time} ` : ""}${line.text}${line.split ? "" : "\n"}`;
