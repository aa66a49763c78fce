import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { stage } from "./stage";

const { hub, visit } = stage();

const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.getAttribute("data-id") ?? document.activeElement?.tagName);

test.each([
  ["/deployments", "Search name, id, labels"],
  ["/tasks", "Search model, id, labels"],
  ["/audit", "Search who, what, id"],
])("Who types slowly into the search of %s types on where they were", async (path, label) => {
  const { page } = await visit(path);
  const search = page.getByLabel(label);
  await search.focus();
  // Slower than the search waits for: each letter is looked for by itself.
  await page.keyboard.type("train", { delay: 300 });
  await page.waitForURL(/text=train$/);
  expect(await search.inputValue()).toBe("train");
  expect(await focused(page)).toBe(label);
});

test("A search follows the address when somebody else changes it", async () => {
  const { page } = await visit("/deployments");
  const search = page.getByLabel("Search name, id, labels");
  await search.fill("no-such-thing");
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect.poll(() => search.inputValue()).toBe("");
});

/** Rows of a list that are drawn, with how far from the top of the window they stand. */
const standing = (page: Page) => page.locator("tr[data-id]").evaluateAll((rows) => rows.map((row) => [(row as HTMLElement).dataset.id ?? "", Math.round(row.getBoundingClientRect().top)] as const));

test("The keys go to the end of a long list and back, and on from there; names may be anything", async () => {
  const id = await hub.deploy("many-files", `for i in $(seq 1000 1400); do : > "f$i"; done; : > 'a"b]'; : > made; sleep 600`);
  await expect.poll(async () => (await hub.ask<{ items: { name: string }[] }>("GET", `/api/v1/deployments/${id}/files`)).items.some(({ name }) => name === "made"), { timeout: 30_000 }).toBe(true);
  const { page } = await visit(`/deployments/${id}/files`);
  await page.getByRole("row", { name: /^File a"b]/ }).focus();
  await page.keyboard.press("End");
  await expect.poll(() => focused(page)).toBe("made");
  await page.keyboard.press("ArrowUp");
  await expect.poll(() => focused(page)).toBe("f1400");
  await page.keyboard.press("Home");
  await expect.poll(() => focused(page)).toBe('a"b]');
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => focused(page)).toBe("f1000");
  await page.keyboard.press("ArrowUp");
  await expect.poll(() => focused(page)).toBe('a"b]');
});

test("Who has scrolled down a list reads on where they are when rows come on top", async () => {
  const id = await hub.deploy("changes", "sleep 600");
  const change = (n: number) => hub.ask("PATCH", `/api/v1/deployments/${id}`, { labels: { n: String(n) } });
  for (let n = 0; n < 80; ++n) await change(n);
  const { page } = await visit("/audit");
  const list = page.getByRole("table", { name: "Audit" });
  await list.hover();
  await page.mouse.wheel(0, 1_500);
  await expect.poll(async () => (await standing(page))[0]?.[0]).not.toBe(await newest());
  const before = await settled(page);
  const read = before[Math.floor(before.length / 2)] ?? ["", 0];
  for (let n = 100; n < 107; ++n) await change(n);
  const last = await newest();
  await page.waitForFunction((n) => Number(document.querySelector("table")?.getAttribute("aria-rowcount")) >= n, before.length + 7);
  const rows = async () => new Map(await settled(page));
  expect(Math.abs(((await rows()).get(read[0]) ?? -9_999) - read[1])).toBeLessThan(3);
  await page.keyboard.press("Tab");
  await page.locator(`tr[data-id="${read[0]}"]`).focus();
  await page.keyboard.press("Home");
  await expect.poll(() => focused(page)).toBe(last);
  expect(await page.locator(`tr[data-id="${last}"]`).getAttribute("aria-rowindex")).toBe("2");
});

async function newest(): Promise<string> {
  const { items } = await hub.ask<{ items: { id: string; time: string }[] }>("GET", "/api/v1/events?tail=20");
  return items.reduce((a, b) => (a.time < b.time ? b : a)).id;
}

/** Once two drawings in a row show the same. */
async function settled(page: Page): Promise<(readonly [string, number])[]> {
  let before = await standing(page);
  for (;;) {
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const now = await standing(page);
    if (JSON.stringify(now) === JSON.stringify(before)) return now;
    before = now;
  }
}
