import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launch, newHubPage, Visit } from "./browser";
import { Hub } from "./hub";

let hub: Hub;
let browser: Browser;
let visit: Visit | undefined;
let one: string;

beforeAll(async () => {
  [hub, browser] = await Promise.all([Hub.start(), launch()]);
  const id = await hub.deploy("walked", "while true; do echo walked; sleep 0.2; done");
  await hub.put(`/api/v1/deployments/${id}/files/content?path=kept.txt`, "kept\n");
  await hub.ask("POST", "/api/v1/models", { name: "walked-model", type: "local", host: "127.0.0.1", port: 9 });
  one = `/deployments/${id}`;
});

afterEach(async () => {
  const complaints = visit?.complaints ?? [];
  await visit?.close();
  visit = undefined;
  expect(complaints).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await hub.stop();
});

test("A chart grows with each sample that comes, and nobody asks for it", async () => {
  visit = await newHubPage(browser, hub, `${one}/metrics`);
  const plot = visit.page.locator('figure[aria-label="CPU"] [data-points]');
  await plot.waitFor();
  const asked: string[] = [];
  visit.page.on("request", (request) => asked.push(request.url()));
  const points = async () => Number(await plot.getAttribute("data-points"));
  const before = await points();
  await expect.poll(points, { timeout: 30_000 }).toBeGreaterThan(before + 1);
  expect(asked).toEqual([]);
});

test("Behind kill -9 and a new start a list shows what the server knows, each row once", async () => {
  visit = await newHubPage(browser, hub, "/deployments");
  const { page } = visit;
  await page.getByRole("row", { name: /walked/ }).waitFor();
  const cut = page.locator('main[data-live="resuming"], main[data-live="stale"]').waitFor();
  const back = hub.crash();
  await cut;
  await back;
  await hub.ask("POST", "/api/v1/deployments", { name: "made-behind-it", provider: "local", command: ["true"], desired: "stopped" });
  await page.getByRole("row", { name: /made-behind-it/ }).waitFor();
  await visit.live();
  const known = async () => (await hub.ask<{ items: { id: string; status: string }[] }>("GET", "/api/v1/deployments")).items.map(({ id, status }) => `${id} ${status}`).sort();
  const shown = () => page.locator("tr[data-id]").evaluateAll((rows) => rows.map((row) => `${(row as HTMLElement).dataset.id} ${row.querySelector("[data-status]")?.getAttribute("data-status")}`).sort());
  await expect.poll(async () => JSON.stringify(await shown()) === JSON.stringify(await known()), { timeout: 20_000 }).toBe(true);
});

test("The files of a deployment fit a phone too", async () => {
  visit = await Visit.open(browser, hub.url, { viewport: { width: 390, height: 844 } });
  await visit.signIn(`${one}/files`);
  expect(await visit.page.evaluate(() => document.scrollingElement!.scrollWidth <= innerWidth)).toBe(true);
});
