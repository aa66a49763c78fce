import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { launch, Visit } from "../browser/browser";
import { Hub } from "../browser/hub";

// What opens over the pages: menus, dialogs, the command palette; and a list without its server.
const folder = join(import.meta.dirname, "../../screenshots");
let hub: Hub;
let browser: Browser;
let id: string;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  [hub, browser] = await Promise.all([Hub.start(), launch()]);
  id = await hub.deploy("trainer-7b", "while true; do echo step; sleep 0.5; done", { price_usd_micro_per_hour: 2_490_000, labels: { team: "vision" } });
  for (const name of ["embedder", "evaluation-nightly", "tokenizer-bench"]) await hub.deploy(name, "sleep 600", { price_usd_micro_per_hour: 420_000 });
  for (const name of ["llama-8b", "gpt-4o-mini", "mistral-7b"]) await hub.ask("POST", "/api/v1/models", { name, type: "local", host: "127.0.0.1", port: 9 });
});

afterAll(async () => {
  await browser.close();
  await hub.stop();
});

test.each(
  (["light", "dark"] as const).flatMap((colorScheme) => [1440, 390].map((width) => ({ colorScheme, width }))),
)("Menus and dialogs in $colorScheme colours, $width px wide", async ({ colorScheme, width }) => {
  const visit = await Visit.open(browser, hub.url, { colorScheme, viewport: { width, height: width === 390 ? 844 : 900 }, serviceWorkers: "allow", reducedMotion: "reduce" });
  const { page } = visit;
  const shoot = (name: string) => page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) });
  await visit.signIn("/deployments");
  await page.getByRole("checkbox", { name: "Select embedder" }).check();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to anything" }).waitFor();
  await shoot("palette");
  await page.getByRole("combobox", { name: "Go to anything" }).fill("vision");
  await page.getByRole("option", { name: /trainer-|theirs-/ }).waitFor();
  await shoot("palette-found");
  await page.keyboard.press("Escape");

  for (const [name, label] of [["columns", "Columns"], ["export", "Export"], ["views", "Saved views"]] as const) {
    await page.getByRole("button", { name: label }).click();
    await page.getByRole("menu", { name: label }).waitFor();
    await shoot(`menu-${name}`);
    if (name === "views") continue;
    await page.keyboard.press("Escape");
    await page.getByRole("menu", { name: label }).waitFor({ state: "detached" });
  }
  await page.getByRole("menuitem", { name: "Save this view…" }).click();
  await page.getByLabel("Name of the view").fill("All of mine");
  await shoot("save-view");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Saved views" }).click();
  await page.getByRole("menuitem", { name: "Manage views…" }).click();
  await shoot("manage-views");

  await page.goto(`/deployments/${id}/config`);
  await visit.live();
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(`trainer-${colorScheme}-${width}`);
  await hub.ask("PATCH", `/api/v1/deployments/${id}`, { name: `theirs-${colorScheme}-${width}` });
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Keep mine" }).waitFor();
  await shoot("edit");
  await page.getByRole("button", { name: "Keep mine" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Undo" }).waitFor();
  await shoot("undo");

  await page.goto("/models");
  await visit.live();
  await page.getByRole("button", { name: "Actions of llama-8b" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  for (const name of ["gpt-4o-mini", "mistral-7b"]) {
    await page.getByRole("combobox", { name: "Fallback models" }).click();
    await page.getByRole("option", { name }).click();
  }
  await page.getByRole("button", { name: "mistral-7b further up" }).scrollIntoViewIfNeeded();
  await shoot("fallbacks");

  await page.goto("/deployments");
  await visit.live();
  // Until what is shown is kept.
  await page.evaluate(() => dispatchEvent(new Event("pagehide")));
  await page.evaluate(() => navigator.serviceWorker.ready);
  await hub.kill();
  await page.reload();
  await page.locator('main[data-live="stale"]').waitFor();
  await page.getByRole("row", { name: /embedder/ }).waitFor();
  await shoot("offline");
  await page.goto(`/deployments/${id}/logs`);
  await page.locator('main[data-live="stale"]').waitFor();
  await shoot("offline-detail");
  await page.goto("/dashboard");
  await page.locator('main[data-live="stale"]').waitFor();
  await shoot("offline-overview");
  await hub.revive();
  await visit.close();
}, 300_000);
