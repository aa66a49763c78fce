import { expect, test } from "vitest";
import { stage } from "./stage";

let one: string;

const { hub, open, visit } = stage(async () => {
  const id = await hub.deploy("walked", "while true; do echo walked; sleep 0.2; done");
  await hub.put(`/api/v1/deployments/${id}/files/content?path=kept.txt`, "kept\n");
  await hub.ask("POST", "/api/v1/models", { name: "walked-model", type: "local", host: "127.0.0.1", port: 9 });
  one = `/deployments/${id}`;
});

test("A chart grows with each sample that comes, and nobody asks for it", async () => {
  const seen = await visit(`${one}/metrics`);
  const plot = seen.page.locator('figure[aria-label="CPU"] [data-points]');
  await plot.waitFor();
  const asked: string[] = [];
  seen.page.on("request", (request) => asked.push(request.url()));
  const points = async () => Number(await plot.getAttribute("data-points"));
  const before = await points();
  await expect.poll(points, { timeout: 30_000 }).toBeGreaterThan(before + 1);
  expect(asked).toEqual([]);
});

test("Behind kill -9 and a new start a list shows what the server knows, each row once", async () => {
  const seen = await visit("/deployments");
  const { page } = seen;
  await page.getByRole("row", { name: /walked/ }).waitFor();
  const cut = page.locator('main[data-live="resuming"], main[data-live="stale"]').waitFor();
  const back = hub.crash();
  await cut;
  await back;
  await hub.ask("POST", "/api/v1/deployments", { name: "made-behind-it", provider: "local", command: ["true"], desired: "stopped" });
  await page.getByRole("row", { name: /made-behind-it/ }).waitFor();
  await seen.live();
  const known = async () => (await hub.ask<{ items: { id: string; status: string }[] }>("GET", "/api/v1/deployments")).items.map(({ id, status }) => `${id} ${status}`).sort();
  const shown = () => page.locator("tr[data-id]").evaluateAll((rows) => rows.map((row) => `${(row as HTMLElement).dataset.id} ${row.querySelector("[data-status]")?.getAttribute("data-status")}`).sort());
  await expect.poll(async () => JSON.stringify(await shown()) === JSON.stringify(await known()), { timeout: 20_000 }).toBe(true);
});

test("The files of a deployment fit a phone too", async () => {
  const seen = await open({ viewport: { width: 390, height: 844 } });
  await seen.signIn(`${one}/files`);
  expect(await seen.page.evaluate(() => document.scrollingElement!.scrollWidth <= innerWidth)).toBe(true);
});
