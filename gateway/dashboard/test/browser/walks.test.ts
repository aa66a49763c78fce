import type { Browser, Page } from "playwright-core";
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

const addresses = () => ["/dashboard", "/deployments", ...["logs", "metrics", "files", "history", "config", "connect"].map((tab) => `${one}/${tab}`), "/tasks", "/models", "/statistics", "/system", "/audit", "/settings/api-keys"];

/** What nobody is refused: to look, to go somewhere, to keep, and to set how it looks. */
const harmless = /^(Go to anything.*|Open navigation|Dark colours|Light colours|简体中文|Account|Columns|Saved views|Export|Refresh|Go back in time|Go to event \d+|Workspace|CSV|Download|Follow.*|Save as PNG: .*|Actions of kept\.txt)$/;

const named = (page: Page, selector: string) => page.locator(selector).evaluateAll((all) => all.map((one) => (one.getAttribute("aria-label") ?? one.textContent ?? "").trim()));

test("What a viewer is offered is on the list of what nobody is refused, on every page", async () => {
  const { token } = await hub.ask<{ token: string }>("POST", "/api/v1/api-keys", { role: "viewer", name: "walker" });
  visit = await Visit.open(browser, hub.url);
  const page = await visit.signInWith(token);
  const others: string[] = [];
  for (const path of addresses()) {
    await page.goto(path);
    await visit.live();
    for (const name of await named(page, "button:not([role=tab]):visible, input[type=file], input[type=checkbox][aria-label^=Select]")) if (!harmless.test(name)) others.push(`${path} ${name}`);
  }
  await page.goto(`${one}/files`);
  await page.getByRole("button", { name: "Actions of kept.txt" }).click();
  await page.getByRole("menuitem", { name: "Download" }).waitFor();
  expect(await named(page, '[role="menuitem"]')).toEqual(["Download"]);
  expect(others).toEqual([]);
}, 300_000);

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
