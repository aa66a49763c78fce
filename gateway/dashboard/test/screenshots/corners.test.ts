import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { launch, Visit } from "../browser/browser";
import { Hub } from "../browser/hub";

// What is seen seldom: a server with nothing in it yet, questions before something is lost, forms of each kind, addresses that
// lead nowhere, a server that does not answer; and every page in Chinese.
const folder = join(import.meta.dirname, "../../screenshots");
const looks = (["light", "dark"] as const).flatMap((colorScheme) => [1440, 390].map((width) => ({ colorScheme, width })));
type Look = (typeof looks)[number];
let hub: Hub;
let fresh: Hub;
let browser: Browser;
let one: string;
let task: string;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  [hub, fresh, browser] = await Promise.all([Hub.start(), Hub.start(), launch()]);
  const id = await hub.deploy("trainer-7b", "for i in $(seq 1 300); do echo step $i; done; sleep 600", { price_usd_micro_per_hour: 2_490_000, labels: { team: "vision" } });
  await hub.deploy("embedder", "sleep 600", { price_usd_micro_per_hour: 420_000 });
  await hub.deploy("broken", "echo 'CUDA error: out of memory' >&2; exit 3").catch(() => undefined);
  await hub.put(`/api/v1/deployments/${id}/files/content?path=train.py`, "import torch\n\nmodel = torch.nn.Linear(4, 2)\n");
  await hub.ask("POST", "/api/v1/models", { name: "llama-8b", type: "local", host: "127.0.0.1", port: 9, status: "online" });
  await hub.ask("POST", "/api/v1/api-keys", { role: "viewer", name: "wall display" });
  ({ id: task } = await hub.ask<{ id: string }>("POST", "/api/v1/tasks", { model_id: "llama-8b", type: "text-generation", input: "Summarise the run.", timeout: "1h" }));
  one = `/deployments/${id}`;
});

afterAll(async () => {
  await browser.close();
  await Promise.all([hub.stop(), fresh.stop()]);
});

const open = (url: string, { colorScheme, width }: Look, locale = "en-US") =>
  Visit.open(browser, url, { colorScheme, viewport: { width, height: width === 390 ? 844 : 900 }, reducedMotion: "reduce", locale });
const camera = ({ page }: Visit, { colorScheme, width }: Look) => (name: string) => page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) });

async function chosen(page: Page, field: string, option: string): Promise<void> {
  await page.getByRole("dialog").getByRole("combobox", { name: field }).click();
  await page.getByRole("option", { name: option }).click();
}

test.each(looks)("A server with nothing in it yet, in $colorScheme colours, $width px wide", async (look) => {
  const visit = await open(fresh.url, look);
  const shoot = camera(visit, look);
  await visit.signIn();
  for (const name of ["dashboard", "deployments", "tasks", "models", "statistics", "audit", "settings/api-keys", "deployments/dep_none/logs", "tasks/tsk_none"]) {
    await visit.page.goto(`/${name}`);
    await visit.live();
    await shoot(`empty-${name.replaceAll("/", "-")}`);
  }
  await visit.close();
}, 300_000);

test.each(looks)("Questions and forms, in $colorScheme colours, $width px wide", async (look) => {
  const visit = await open(hub.url, look);
  const shoot = camera(visit, look);
  const { page } = visit;
  const go = async (path: string) => {
    await page.goto(path);
    await visit.live();
  };
  await visit.signIn("/tasks");
  await page.getByRole("button", { name: "Submit task" }).click();
  for (const type of ["Text generation", "Translation", "Summarization", "Embedding", "Custom"]) {
    await chosen(page, "Type", type);
    await shoot(`submit-${type.split(" ")[0]!.toLowerCase()}`);
  }
  await go("/models");
  await page.getByRole("button", { name: "Actions of llama-8b" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).waitFor();
  await shoot("model-menu");
  await go("/models");
  await page.getByRole("button", { name: "Add model" }).click();
  for (const type of ["OpenAI-compatible", "Local server", "Custom URL"]) {
    await page.getByText(type, { exact: true }).click();
    await shoot(`model-${type.split(/[ -]/)[0]!.toLowerCase()}`);
  }
  await go(`${one}/config`);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).waitFor();
  await shoot("confirm-delete");
  await go("/deployments");
  await page.getByRole("checkbox", { name: "Select all" }).check();
  await page.getByRole("toolbar").getByRole("button", { name: "Stop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop" }).waitFor();
  await shoot("confirm-batch");
  await go("/deployments/new");
  await page.getByRole("button", { name: "Show plan" }).click();
  await shoot("new-faults");
  await page.getByLabel("Name").fill(`planned-${look.colorScheme}-${look.width}`);
  await page.getByLabel("Command").fill("sleep 600");
  await page.getByLabel("Price per hour").fill("2.49");
  await page.getByRole("button", { name: "Show plan" }).click();
  await page.getByRole("button", { name: "Confirm and start" }).scrollIntoViewIfNeeded();
  await shoot("new-plan");
  await go(`${one}/files`);
  await page.getByRole("row", { name: /train\.py/ }).click();
  await page.getByText("import torch").waitFor();
  await shoot("file-preview");
  await page.getByRole("button", { name: "Actions of train.py" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await shoot("file-rename");
  await go(`${one}/logs?contains=step+29`);
  await page.getByRole("table", { name: "Log lines found" }).waitFor();
  await shoot("log-hits");
  await go("/audit");
  await page.getByRole("button", { name: "Verify" }).click();
  await page.locator('[data-status="sound"]').waitFor();
  await shoot("verify");
  await go("/settings/api-keys");
  await page.getByRole("button", { name: "New key" }).click();
  await shoot("key-new");
  await page.getByRole("dialog").getByRole("button", { name: "New key" }).click();
  await page.getByText("Copy the token now").waitFor();
  await shoot("key-made");
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("button", { name: "Revoke wall display" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).waitFor();
  await shoot("key-revoke");
  await go("/system");
  await page.getByRole("table", { name: "Configuration in force" }).scrollIntoViewIfNeeded();
  await shoot("system-below");
  if (look.width === 390) {
    await page.getByRole("button", { name: "Open navigation" }).click();
    await shoot("drawer");
  }
  await visit.close();
}, 300_000);

test.each(looks)("Every page in Chinese, in $colorScheme colours, $width px wide", async (look) => {
  const visit = await open(hub.url, look, "zh-CN");
  const shoot = camera(visit, look);
  await visit.page.goto("/sign-in");
  await visit.page.getByRole("button", { name: "以开发者身份登录" }).waitFor();
  await shoot("zh-sign-in");
  await visit.page.getByRole("button", { name: "以开发者身份登录" }).click();
  await visit.live();
  const tabs = ["logs", "metrics", "files", "history", "config", "connect"].map((tab) => `${one}/${tab}`);
  for (const path of ["/dashboard", "/deployments", "/deployments/new", ...tabs, "/tasks", `/tasks/${task}`, "/models", "/statistics", "/system", "/audit", "/settings/api-keys"]) {
    await visit.page.goto(path);
    await visit.live();
    if (path.endsWith("/logs")) await visit.page.locator("[data-seq]").first().waitFor();
    await shoot(`zh-${path.replace(one, "/one").replace(task, "one").slice(1).replaceAll("/", "-")}`);
  }
  await visit.page.goto(`${one}/config?at=${new Date().toISOString()}`);
  await visit.past();
  await shoot("zh-past");
  await visit.close();
}, 300_000);

test.each(looks)("A server that does not answer, in $colorScheme colours, $width px wide", async (look) => {
  const visit = await open(fresh.url, look);
  await visit.page.route("**/api/v1/session", (route) => route.abort());
  await visit.page.goto("/dashboard");
  await visit.page.getByText("The server does not answer").waitFor();
  await camera(visit, look)("unreachable");
  await visit.close();
});
