import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { stage } from "./stage";

const { hub, visit } = stage();

const isPlan = (url: URL) => url.pathname === "/api/v1/deployments" && url.searchParams.has("dry_run");
const isMaking = (url: URL) => url.pathname === "/api/v1/deployments" && !url.searchParams.has("dry_run");

test("A plan that comes after the draft was changed is not the plan of what is confirmed", async () => {
  const { page } = await visit("/deployments/new");
  let answer = () => undefined as void;
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route(isPlan, async (route) => {
    await held;
    await route.continue();
  });
  await page.getByLabel("Name").fill("planned");
  await page.getByLabel("Command").fill("sleep 600");
  const planned = page.waitForResponse((response) => isPlan(new URL(response.url())));
  await page.getByRole("button", { name: "Show plan" }).click();
  await page.getByLabel("Price per hour").fill("7");
  answer();
  await (await planned).finished();
  await page.locator('button[type="submit"]:not([data-loading])').waitFor();
  expect(await page.locator('button[type="submit"]').textContent()).toBe("Show plan");
  await page.getByRole("button", { name: "Show plan" }).click();
  await page.getByRole("button", { name: "Confirm and start" }).waitFor();
  await page.getByText("$7.00").waitFor();
});

test("A deployment whose making was not answered is made once, however often it is asked for", async () => {
  const { page } = await visit("/deployments/new");
  await page.getByLabel("Name").fill("made-once");
  await page.getByLabel("Command").fill("sleep 600");
  await page.getByRole("button", { name: "Show plan" }).click();
  let isLost = false;
  await page.route(isMaking, async (route) => {
    if (isLost || route.request().method() !== "POST") return route.continue();
    isLost = true;
    await route.fetch();
    return route.abort("connectionreset");
  });
  await page.getByRole("button", { name: "Confirm and start" }).click();
  await page.getByRole("alert").filter({ hasText: "The server does not answer" }).waitFor();
  await page.getByRole("button", { name: "Confirm and start" }).click();
  await page.waitForURL(/\/deployments\/dep_/);
  const { items } = await hub.ask<{ items: unknown[] }>("GET", "/api/v1/deployments?text=made-once");
  expect(items.length).toBe(1);
});

test("A file is replaced only when somebody says so, and one that is too large is not sent", async () => {
  const id = await hub.deploy("replaced", "printf old > config.txt; sleep 600");
  const content = async () => (await fetch(`${hub.url}/api/v1/deployments/${id}/files/content?path=config.txt`, { headers: { Authorization: `Bearer ${hub.token}` } })).text();
  await expect.poll(content, { timeout: 30_000 }).toBe("old");
  const { page } = await visit(`/deployments/${id}/files`);
  const give = (text: string) => page.locator('input[type="file"]').setInputFiles({ name: "config.txt", mimeType: "text/plain", buffer: Buffer.from(text) });
  await give("new");
  const dialog = page.getByRole("dialog", { name: "Replace 1 file?" });
  await dialog.getByText("config.txt").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(await content()).toBe("old");
  await give("new");
  await dialog.getByRole("button", { name: "Replace" }).click();
  await page.getByText("config.txt is uploaded").waitFor();
  expect(await content()).toBe("new");

  const folder = mkdtempSync(join(tmpdir(), "hub-large-"));
  try {
    const large = join(folder, "large.bin");
    writeFileSync(large, "");
    truncateSync(large, 100 * 2 ** 20 + 1);
    let isSent = false;
    page.on("request", (request) => (isSent ||= request.method() === "PUT"));
    await page.locator('input[type="file"]').setInputFiles(large);
    await page.getByRole("alert").filter({ hasText: "large.bin is not uploaded" }).waitFor();
    expect(isSent).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** A list of tasks that the server does not count to its end. */
async function longList(page: Page): Promise<void> {
  const task = { id: "tsk_01", status: "pending", type: "custom", model: "m", model_id: "mod_1", priority: 2, attempts: [], created_at: "2026-01-01T00:00:00Z", reason: { code: "", text: "" }, labels: {}, version: 1 };
  await page.route((url) => url.pathname === "/api/v1/tasks", async (route) => {
    const isFirst = !new URL(route.request().url()).searchParams.has("cursor");
    if (!isFirst) return route.fulfill({ json: { items: [], total: null, total_at_least: 10_000, next_cursor: "more" } });
    const answer = await route.fetch();
    return route.fulfill({ response: answer, json: { ...((await answer.json()) as object), items: [task], total: null, total_at_least: 10_000, next_cursor: "more" } });
  });
}

test("What a list does not count to the end is not said to be all of it, and what broke off says how far it came", async () => {
  const { page } = await visit("/dashboard");
  await longList(page);
  await page.route((url) => url.pathname === "/api/v1/tasks/cancel", (route) => {
    if (new URL(route.request().url()).searchParams.has("cursor")) return route.fulfill({ status: 503, json: { code: "log.unavailable", detail: "the log cannot be written", status: 503, title: "unavailable" } });
    return route.fulfill({ json: { items: [{ id: "tsk_1", ok: true }, { id: "tsk_2", ok: true }, { id: "tsk_3", ok: false }], next_cursor: "on" } });
  });
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Tasks" }).click();
  await page.getByRole("button", { name: "Cancel all…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("All tasks, at least 10,000: no filter is set").waitFor();
  await dialog.getByRole("button", { name: "Cancel them" }).click();
  await page.getByRole("alert").filter({ hasText: "2 tasks were cancelled and 1 refused; then it broke off" }).waitFor();
});
