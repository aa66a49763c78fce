import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launch, newHubPage, type Visit } from "./browser";
import { Hub } from "./hub";

let hub: Hub;
let browser: Browser;
let visit: Visit | undefined;

beforeAll(async () => {
  [hub, browser] = await Promise.all([Hub.start(), launch()]);
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

const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.getAttribute("data-id") ?? document.activeElement?.tagName);

test.each([
  ["/deployments", "Search name, id, labels"],
  ["/tasks", "Search model, id, labels"],
  ["/audit", "Search who, what, id"],
])("Who types slowly into the search of %s types on where they were", async (path, label) => {
  visit = await newHubPage(browser, hub, path);
  const { page } = visit;
  const search = page.getByLabel(label);
  await search.focus();
  // Slower than the search waits for: each letter is looked for by itself.
  await page.keyboard.type("train", { delay: 300 });
  await page.waitForURL(/text=train$/);
  expect(await search.inputValue()).toBe("train");
  expect(await focused(page)).toBe(label);
});

test("A search follows the address when somebody else changes it", async () => {
  visit = await newHubPage(browser, hub, "/deployments");
  const { page } = visit;
  const search = page.getByLabel("Search name, id, labels");
  await search.fill("no-such-thing");
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect.poll(() => search.inputValue()).toBe("");
});
