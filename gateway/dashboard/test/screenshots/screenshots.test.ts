import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { launch, Visit } from "../browser/browser";
import { Hub } from "../browser/hub";
import { ModelServer } from "../browser/model_server";

// `npm run screenshots`: every page, light and dark, on a big screen and on a phone, into gateway/dashboard/screenshots.
const folder = join(import.meta.dirname, "../../screenshots");
let hub: Hub;
let browser: Browser;
let models: ModelServer;
const paths: Record<string, string> = {};

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  [hub, browser, models] = await Promise.all([Hub.start(), launch(), ModelServer.start()]);
  const loop = (text: string) => `i=0; while true; do i=$((i+1)); printf '${text}\\n' $i $i; sleep 0.3; done`;
  const trainer = await hub.deploy("trainer-7b", loop("\\033[32mstep\\033[0m %d  loss \\033[1;33m0.%d\\033[0m"), { price_usd_micro_per_hour: 2_490_000, labels: { team: "vision" } });
  await hub.deploy("embedder", loop("served %d requests, queue %d"), { price_usd_micro_per_hour: 420_000 });
  await hub.deploy("evaluation-nightly", "exit 0").catch(() => undefined);
  await hub.deploy("tokenizer-bench", "echo 'CUDA error: out of memory' >&2; exit 3").catch(() => undefined);
  await hub.ask("POST", "/api/v1/models", { name: "llama-8b", type: "openai", base_url: models.url, model: "tiny", status: "online", max_workers: 2, price: { prompt_usd_micro_per_million: 150_000, completion_usd_micro_per_million: 600_000 } });
  await hub.ask("POST", "/api/v1/models", { name: "offline-draft", type: "local", host: "127.0.0.1", port: 9 });
  await hub.ask("POST", "/api/v1/api-keys", { role: "viewer", name: "wall display" });
  const then = new Date().toISOString();
  await hub.ask("PATCH", `/api/v1/deployments/${trainer}`, { labels: { team: "vision", stage: "final" }, price_usd_micro_per_hour: 1_990_000 });
  const nightly = await hub.deploy("evaluation-long", "sleep 600");
  await hub.ask("POST", `/api/v1/deployments/${nightly}/stop?wait=stopped`);
  const now = new Date().toISOString();
  const submit = (input: string, more: object = {}) => hub.ask<{ id: string }>("POST", "/api/v1/tasks", { model_id: "llama-8b", type: "text-generation", input, timeout: "1h", ...more });
  await submit("Summarise the run.");
  const first = await models.call();
  first.say("The run finished after 4,200 steps.");
  first.end();
  const running = await submit("Explain why the loss rose between step 900 and 1,100.");
  const call = await models.call();
  call.say("The learning-rate schedule restarted at step 900, which raised the loss until the optimiser");
  await submit("A second one.");
  await submit("A third one.", { priority: 3 });
  const one = `/deployments/${trainer}`;
  for (const [path, content] of [["train.py", "import torch\n"], ["data/shard-0001.bin", "0".repeat(4096)], ["checkpoints/step-4200.pt", "w".repeat(90_000)]])
    await hub.put(`/api/v1/deployments/${trainer}/files/content?path=${path}`, content!);
  Object.assign(paths, {
    "sign-in": "/sign-in", dashboard: "/dashboard", deployments: "/deployments", "deployments-new": "/deployments/new", logs: `${one}/logs`, metrics: `${one}/metrics`,
    files: `${one}/files`, history: `${one}/history`, config: `${one}/config`, connect: `${one}/connect`, terminal: `${one}/connect`, tasks: "/tasks", task: `/tasks/${running.id}`, models: "/models",
    "past-dashboard": `/dashboard?at=${then}`, "past-deployments": `/deployments?at=${then}`, "past-logs": `${one}/logs?at=${then}`, "past-history": `${one}/history?at=${then}`,
    "differences": `${one}/config?at=${then}&than=${now}`, "differences-list": `/deployments?at=${then}&than=${now}`,
    statistics: "/statistics", system: "/system", audit: "/audit", "api-keys": "/settings/api-keys",
  });
});

async function openTerminal(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Open terminal" }).click();
  await page.getByText("Connected").waitFor();
  // What is typed before the shell is there stands twice.
  await page.getByText("root@").or(page.getByText("$ ")).first().waitFor();
  await page.keyboard.type("ls --color=always -l; df -h . | tail -1\n");
  await page.getByText("train.py").waitFor();
}

afterAll(async () => {
  await browser.close();
  models.stop();
  await hub.stop();
});

test.each(
  (["light", "dark"] as const).flatMap((colorScheme) => [1440, 390].map((width) => ({ colorScheme, width }))),
)("Every page in $colorScheme colours, $width px wide", async ({ colorScheme, width }) => {
  const visit = await Visit.open(browser, hub.url, { colorScheme, viewport: { width, height: width === 390 ? 844 : 900 } });
  const shoot = (name: string) => visit.page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) });
  await visit.page.goto("/sign-in");
  await visit.page.getByRole("button", { name: "Sign in as developer" }).waitFor();
  await shoot("sign-in");
  await visit.signIn();
  for (const [name, path] of Object.entries(paths)) {
    if (name === "sign-in") continue;
    await visit.page.goto(path);
    if (path.includes("at=")) await visit.past();
    else await visit.live();
    if (name === "logs" || name === "past-logs") await visit.page.locator("[data-seq]").first().waitFor();
    if (name === "terminal") await openTerminal(visit.page);
    if (name === "metrics") await visit.page.locator("figure canvas").first().waitFor();
    await shoot(name);
  }
  await visit.page.goto("/docs");
  await visit.page.getByRole("heading", { level: 1 }).first().waitFor();
  await shoot("docs");
  await visit.close();
}, 300_000);
