import type { Schemas } from "@/api/client";

export type CreateDeployment = Schemas["CreateDeployment"];

/** What the form holds: text as it was typed. */
export interface Draft {
  name: string;
  provider: string;
  host: string;
  command: string;
  image: string;
  env: string;
  labels: string;
  ports: string;
  gpuModel: string;
  gpuCount: string;
  cpus: string;
  memory: string;
  restart: "never" | "on-failure" | "always";
  stopGrace: string;
  price: string;
}

export const emptyDraft: Draft = {
  name: "", provider: "local", host: "", command: "", image: "", env: "", labels: "", ports: "", gpuModel: "", gpuCount: "1",
  cpus: "", memory: "", restart: "never", stopGrace: "", price: "",
};

/** Splits a command line as a shell would, without anything a shell would do to it. A quote that is not closed goes to the end. */
export function splitCommand(line: string): string[] {
  const words: string[] = [];
  const pattern = /\s*((?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"?|'[^']*'?)+)/y;
  for (let match = pattern.exec(line); match; match = pattern.exec(line)) words.push(unquoted(match[1] ?? ""));
  return words;
}

/** Whether each quote of it is closed; a shell would take no other. */
export const isClosed = (line: string): boolean => /^(?:[^"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*')*\\?$/.test(line);

function unquoted(word: string): string {
  return word.replace(/\\([\s\S])|"((?:[^"\\]|\\[\s\S])*)"?|'([^']*)'?/g, (_, escaped?: string, double?: string, single?: string) =>
    escaped ?? (double !== undefined ? double.replace(/\\(["\\$`])/g, "$1") : (single ?? "")),
  );
}

/** Lines of `NAME=value`; of lines without "=" the name alone. */
export function pairsOf(text: string): [string, string][] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
    });
}

const sizes: Record<string, number> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** "512M", "1.5 GiB", "4096": bytes; NaN of anything else. */
export function bytesOf(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(text);
  return match ? Math.round(Number(match[1]) * (sizes[(match[2] ?? "").toLowerCase()] ?? NaN)) : NaN;
}

/** The request, with nothing in it that was left empty. */
export function requestOf(draft: Draft): CreateDeployment {
  const env = pairsOf(draft.env).map(([name, value]) => [name, value.startsWith("@") ? { secret: value.slice(1) } : value] as const);
  const labels = pairsOf(draft.labels);
  const ports = draft.ports.split(/[\s,]+/).filter(Boolean).map((port) => ({ port: Number(port) }));
  const limits = { ...(draft.cpus ? { cpus: Number(draft.cpus) } : {}), ...(draft.memory ? { memory_bytes: bytesOf(draft.memory) } : {}) };
  return {
    name: draft.name.trim(),
    provider: draft.provider,
    command: splitCommand(draft.command),
    ...(draft.host ? { host: draft.host } : {}),
    ...(draft.image.trim() ? { image: draft.image.trim() } : {}),
    ...(env.length > 0 ? { env: Object.fromEntries(env) } : {}),
    ...(labels.length > 0 ? { labels: Object.fromEntries(labels) } : {}),
    ...(ports.length > 0 ? { ports } : {}),
    ...(draft.gpuModel.trim() ? { gpu: { model: draft.gpuModel.trim(), count: Number(draft.gpuCount) } } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(draft.restart !== "never" ? { restart_policy: draft.restart } : {}),
    ...(draft.stopGrace.trim() ? { stop_grace: draft.stopGrace.trim() } : {}),
    ...(draft.price ? { price_usd_micro_per_hour: Math.round(Number(draft.price) * 1e6) } : {}),
  } as CreateDeployment;
}

const fields: Record<string, keyof Draft> = {
  name: "name", provider: "provider", host: "host", command: "command", image: "image", env: "env", labels: "labels", ports: "ports",
  gpu: "gpuModel", restart_policy: "restart", stop_grace: "stopGrace", price_usd_micro_per_hour: "price",
};

/** The field of the form to which a path of the request belongs: "limits.memory_bytes", "/command/0". */
export function fieldAt(path: string): keyof Draft | undefined {
  const parts = path.replace(/^[#/]+/, "").split(/[./[\]]+/);
  if (parts[0] === "limits") return parts[1] === "memory_bytes" ? "memory" : parts[1] === "cpus" ? "cpus" : undefined;
  if (parts[0] === "gpu" && parts[1] === "count") return "gpuCount";
  return fields[parts[0] ?? ""];
}
