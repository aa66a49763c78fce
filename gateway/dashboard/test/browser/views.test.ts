import { readFileSync } from "node:fs";
import type { Download, Page } from "playwright-core";
import { expect, test } from "vitest";
import { Cutter } from "./cutter";
import { stage } from "./stage";

/** More than the server makes at a time, and than the page reads at once. */
const kRows = 620;

const { hub, open, visit } = stage(async () => {
  for (let at = 0; at < kRows; at += 20)
    await Promise.all(Array.from({ length: 20 }, (_, index) => hub.ask("POST", "/api/v1/deployments", { name: `row-${at + index}`, provider: "local", command: ["true"], desired: "stopped", labels: { half: index % 2 ? "odd" : "even" } })));
});

async function exported(page: Page, kind: "CSV" | "JSON lines"): Promise<{ name: string; lines: string[] }> {
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("menuitem", { name: kind }).click();
  const download: Download = await saved;
  const text = readFileSync(await download.path(), "utf8");
  return { name: download.suggestedFilename(), lines: text.split(/\r?\n/).filter(Boolean) };
}

test("An export is the whole of the filter, and not what of it is on the page", async () => {
  const seen = await visit("/deployments?label=half%3Dodd");
  const { page } = seen;
  const lines = await exported(page, "JSON lines");
  const { total } = await hub.ask<{ total: number }>("GET", "/api/v1/deployments?label=half%3Dodd&page_size=1");
  expect([lines.lines.length, new Set(lines.lines.map((line) => (JSON.parse(line) as { id: string }).id)).size]).toEqual([total, total]);
  expect(lines.name).toMatch(/^deployments-.*\.jsonl$/);
  await page.goto("/deployments");
  await seen.live();
  const csv = await exported(page, "CSV");
  expect(csv.lines.length).toBe(kRows + 1);
  expect(csv.name).toMatch(/^deployments-.*\.csv$/);
  await page.getByText(/\.csv is saved/).waitFor();
});

test("The audit is exported as the record has it, a search for text too", async () => {
  const seen = await visit();
  const { page } = seen;
  await page.goto("/audit?type=computehub.deployment.requested.v1");
  await seen.live();
  expect((await exported(page, "CSV")).lines.length).toBe(kRows + 1);
  const { items } = await hub.ask<{ items: { id: string }[] }>("GET", "/api/v1/deployments?text=row-619");
  await page.goto(`/audit?text=${items[0]?.id ?? ""}`);
  await seen.live();
  const found = (await exported(page, "JSON lines")).lines.map((line) => (JSON.parse(line) as { subject: string }).subject);
  expect([...new Set(found)]).toEqual([items[0]?.id]);
});

test("An export that is cut off in the middle is told as failed, and nothing is saved", async () => {
  const cutter = await Cutter.before(hub.url);
  try {
    const page = await (await open({}, cutter.url)).signIn("/deployments");
    let saved = 0;
    page.on("download", () => (saved += 1));
    // Its first page comes through, and then the connection ends.
    cutter.cutAfterBytes(60_000);
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByRole("menuitem", { name: "CSV" }).click();
    await page.getByRole("alert").filter({ hasText: "could not be exported" }).waitFor();
    expect(saved).toBe(0);
  } finally {
    cutter.stop();
  }
});

test("The choice of columns outlives a reload, and can be taken back", async () => {
  const seen = await visit("/deployments");
  const { page } = seen;
  const head = (name: string) => page.getByRole("columnheader", { name, exact: true });
  await head("Cost").waitFor();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Cost" }).click();
  await head("Cost").waitFor({ state: "detached" });
  expect(await page.getByRole("menuitemcheckbox", { name: "Cost" }).getAttribute("aria-checked")).toBe("false");
  expect(await page.getByRole("menuitemcheckbox", { name: "Name" }).count()).toBe(0);
  await page.reload();
  await seen.live();
  await head("Host").waitFor();
  expect(await head("Cost").count()).toBe(0);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitem", { name: "As they were" }).click();
  await head("Cost").waitFor();
});

test("On a phone a column that was left out is shown to who asks for it", async () => {
  const page = await (await open({ viewport: { width: 390, height: 844 } })).signIn("/deployments");
  const head = page.getByRole("columnheader", { name: "Restarts" });
  await head.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Restarts" }).click();
  await head.waitFor();
});

test("A view is saved with its filter and columns, found by the palette, given away as a link, renamed and deleted", async () => {
  const seen = await visit("/deployments?label=half%3Deven&status=stopped");
  const { page } = seen;
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Restarts" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Saved views" }).click();
  await page.getByRole("menuitem", { name: "Save this view…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name of the view").fill("Even ones");
  const link = await dialog.getByLabel("Link to share").inputValue();
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.reload();
  await seen.live();

  await page.goto("/tasks");
  await seen.live();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to anything" }).fill("even ones");
  await page.getByRole("option", { name: "Even ones" }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/deployments\?.*half/);
  await page.getByText(new RegExp(`of ${kRows / 2}`)).waitFor();

  // Somebody else, whose browser keeps nothing of it.
  const other = await visit();
  await other.page.goto(link);
  await other.live();
  await other.page.getByText(new RegExp(`of ${kRows / 2}`)).waitFor();
  await other.page.getByRole("columnheader", { name: "Host" }).waitFor();
  expect(await other.page.getByRole("columnheader", { name: "Restarts" }).count()).toBe(0);
  await other.page.goto("/deployments");
  await other.page.getByRole("columnheader", { name: "Restarts" }).waitFor();
  await other.close();

  await page.getByRole("button", { name: "Saved views" }).click();
  await page.getByRole("menuitem", { name: "Manage views…" }).click();
  await page.getByLabel("Name of the view Even ones").fill("Halves");
  await page.keyboard.press("Enter");
  await page.getByLabel("Name of the view Halves").waitFor();
  await page.getByRole("button", { name: "Delete the view Halves" }).click();
  await dialog.getByText("No saved views yet").waitFor();
});
