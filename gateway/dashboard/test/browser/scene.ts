import { vi } from "vitest";
import type { Hub } from "./hub";
import type { ModelServer } from "./model_server";

/** A server with something of each kind in it, so that every page has something to show. */
export interface Scene {
  /** A deployment that runs, writes its log and has files, and one that has ended by itself. */
  running: string;
  ended: string;
  /** A task that runs, and one that was cancelled. */
  task: string;
  cancelled: string;
  /** A moment at which `running` ran and had no label yet. */
  then: string;
  /** An event of `running`. */
  event: string;
}

/** What it calls things, none of it an English word. */
export const given: ReadonlySet<string> = new Set(["rufus", "ruth", "rosa", "rita", "rolf", "rike", "klein", "zahl", "gruppe=sieben", "gruppe", "sieben", "datei.txt"]);

const script = "for i in $(seq 1 60); do printf '\\033[32mzahl\\033[0m %d\\n' $i; done; while true; do echo zahl; sleep 1; done";

export async function furnish(hub: Hub, models: ModelServer): Promise<Scene> {
  const running = await hub.deploy("rufus", script, { price_usd_micro_per_hour: 2_490_000 });
  const lines = async () => (await hub.ask<{ items: unknown[] }>("GET", `/api/v1/deployments/${running}/logs`)).items.length;
  await vi.waitUntil(async () => (await lines()) > 50, { timeout: 30_000 });
  const then = new Date().toISOString();
  await hub.ask("PATCH", `/api/v1/deployments/${running}`, { labels: { gruppe: "sieben" }, limits: { memory_bytes: 2 ** 30 } });
  const ended = (await hub.ask<{ id: string }>("POST", "/api/v1/deployments", { name: "ruth", provider: "local", command: ["sh", "-c", "exit 3"] })).id;
  await vi.waitUntil(async () => (await hub.ask<{ status: string }>("GET", `/api/v1/deployments/${ended}`)).status === "failed", { timeout: 30_000 });
  await hub.put(`/api/v1/deployments/${running}/files/content?path=datei.txt`, "zahl\n");
  await hub.ask("POST", "/api/v1/models", { name: "rosa", type: "openai", base_url: models.url, model: "klein", status: "online", max_workers: 1 });
  await hub.ask("POST", "/api/v1/models", { name: "rita", type: "local", host: "127.0.0.1", port: 9 });
  const submit = async (input: string) => (await hub.ask<{ id: string }>("POST", "/api/v1/tasks", { model_id: "rosa", type: "text-generation", input, timeout: "1h" })).id;
  const task = await submit("zahl");
  (await models.call()).say("zahl");
  const cancelled = await submit("zahl");
  await hub.ask("DELETE", `/api/v1/tasks/${cancelled}`);
  await hub.ask("POST", "/api/v1/api-keys", { role: "viewer", name: "rolf" });
  // The server is started anew with a command that nobody can decide.
  await hub.changed((tool) => tool("hub_plant_letter", '{"run":"none"}\u0001', `${hub.folder}/state`, "2", running, "ReportExited", "default", "default"));
  const { items } = await hub.ask<{ items: { id: string; subject: string }[] }>("GET", "/api/v1/events?limit=1000");
  return { running, ended, task, cancelled, then, event: items.find(({ subject }) => subject === running)?.id ?? "" };
}
