import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { launch, newHubPage, Visit } from "./browser";
import { seriousFaults } from "./faults";
import { Hub } from "./hub";

let hub: Hub;
let browser: Browser;
let visit: Visit | undefined;

beforeAll(async () => {
  browser = await launch();
});

// Some of the tests change the folder of the server.
beforeEach(async () => {
  hub = await Hub.start();
});

afterEach(async () => {
  const complaints = visit?.complaints ?? [];
  await visit?.close();
  visit = undefined;
  await hub.stop();
  expect(complaints).toEqual([]);
});

afterAll(() => browser.close());

const stopped = (name: string) => hub.ask<{ id: string }>("POST", "/api/v1/deployments", { name, provider: "local", command: ["true"], desired: "stopped" });

async function verify(page: Page) {
  await page.getByRole("button", { name: "Verify" }).click();
  return page.getByRole("dialog", { name: "Verify the record" });
}

test("The record is proved on the page, and what it was proved by is shown", async () => {
  for (let number = 0; number < 8; ++number) await stopped(`proved-${number}`);
  visit = await newHubPage(browser, hub, "/audit");
  const dialog = await verify(visit.page);
  await dialog.locator('[data-status="sound"]').waitFor();
  const { partitions } = await hub.ask<{ partitions: { partition: number; head: number }[] }>("GET", "/api/v1/system/cluster");
  const rows = dialog.getByRole("table", { name: "Heads" }).getByRole("row");
  expect(await rows.count()).toBe(partitions.filter(({ head }) => head > 0).length + 1);
  expect(await dialog.getByText(/^\d+ in \d+ batches$/).count()).toBe(1);
  await dialog.getByText(/^[0-9a-f]{16}$/).first().waitFor();
  expect(await seriousFaults(visit.page)).toEqual([]);
  await dialog.getByRole("button", { name: "Verify again" }).click();
  await dialog.locator('[data-status="sound"]').waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await dialog.waitFor({ state: "detached" });
});

test("A record that was changed behind the server's back is told of in plain words, with its place", async () => {
  const { id } = await stopped("changed");
  for (let number = 0; number < 4; ++number) await stopped(`other-${number}`);
  const { items } = await hub.ask<{ items: { id: string; subject: string }[] }>("GET", "/api/v1/events?limit=1000");
  const position = items.find(({ subject }) => subject === id)?.id ?? "";
  const [partition, seq] = position.split(":") as [string, string];
  // It is no more among the last, which a server looks at when it starts.
  for (let again = 0; again < 2; ++again) await hub.changed(() => undefined);
  await hub.changed((tool) => tool("hub_tamper", "", `${hub.folder}/log`, "change", partition, seq));
  visit = await newHubPage(browser, hub, "/system");
  await visit.page.goto("/audit");
  const dialog = await verify(visit.page);
  await dialog.locator('[data-status="bad"]').waitFor();
  const alert = dialog.getByRole("alert");
  await alert.getByText("A record was changed or damaged.").waitFor();
  await alert.getByText(`Found at ${position}`).waitFor();
  await alert.getByText("log.corrupt").waitFor();
  expect(await seriousFaults(visit.page)).toEqual([]);
  // The list of events reads the same record, and says so.
  await visit.page.getByText("This could not be read").waitFor();
  expect(visit.complaints.every((text) => text.includes("status of 500"))).toBe(true);
  visit.complaints.length = 0;
});

test("A verification that is cut off is never taken for a sound one", async () => {
  visit = await newHubPage(browser, hub, "/audit");
  await visit.page.route("**/api/v1/audit/verify", (route) => route.fulfill({ contentType: "application/x-ndjson", body: '{"kind":"begun","at":"2026-01-01T00:00:00.000000Z","records":9}\n{"kind":"result","sound":true' }));
  const dialog = await verify(visit.page);
  await dialog.getByRole("alert").getByText("It was cut off before its end").waitFor();
  expect(await dialog.locator('[data-status="sound"]').count()).toBe(0);
});

test("A dead letter is shown with its bytes, driven again, and removed after a question", async () => {
  const { id } = await stopped("addressee");
  const folder = hub.folder;
  const plant = (tool: (name: string, input: string, ...args: string[]) => string, type: string, source: string, data: string) =>
    tool("hub_plant_letter", data, `${folder}/state`, source, id, type, "default", "default");
  await hub.changed((tool) => {
    plant(tool, "ChangeDeployment", "0", '{"labels":{"driven":"again"}}');
    plant(tool, "ReportExited", "2", '{"run":"none"}\u0001');
  });
  visit = await newHubPage(browser, hub, "/system");
  const { page } = visit;
  const table = page.getByRole("table", { name: "Dead letters" });
  const good = table.getByRole("row", { name: /ChangeDeployment/ });
  const bad = table.getByRole("row", { name: /ReportExited/ });

  await good.getByRole("button", { name: "Show" }).click();
  const shown = page.getByRole("dialog", { name: "Dead letter" });
  await shown.getByText('{"labels":{"driven":"again"}}').waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  const [download] = await Promise.all([page.waitForEvent("download"), shown.getByRole("button", { name: "Download" }).click()]);
  expect(download.suggestedFilename()).toMatch(/\.bin$/);
  await shown.getByRole("button", { name: "Close" }).click();

  await good.getByRole("button", { name: "Re-drive" }).click();
  await page.getByText("It was driven again, and accepted").waitFor();
  expect((await hub.ask<{ labels: object }>("GET", `/api/v1/deployments/${id}`)).labels).toEqual({ driven: "again" });
  await expect.poll(() => good.getByText("never").count()).toBe(0);

  await bad.getByRole("button", { name: "Re-drive" }).click();
  await page.getByText("It was not accepted").waitFor();
  await page.getByText(/json\./).first().waitFor();

  await good.getByRole("button", { name: "Remove" }).click();
  const question = page.getByRole("dialog", { name: "Remove this dead letter?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  expect(await good.count()).toBe(1);
  await good.getByRole("button", { name: "Remove" }).click();
  await question.getByRole("button", { name: "Remove" }).click();
  await good.waitFor({ state: "detached" });
  expect((await hub.ask<{ total: number }>("GET", "/api/v1/system/dead-letters")).total).toBe(1);
});

test("The system page says what runs, since when, and what it was told", async () => {
  visit = await newHubPage(browser, hub, "/system");
  const { page } = visit;
  const info = await hub.ask<{ version: string; libraries: { name: string; version: string }[]; configuration: unknown[] }>("GET", "/api/v1/system/info");
  const versions = page.getByRole("region", { name: "Versions" });
  await versions.getByText(info.version, { exact: true }).waitFor();
  for (const { version } of info.libraries) await versions.getByText(version, { exact: true }).first().waitFor();
  const options = page.getByRole("table", { name: "Configuration in force" });
  await options.getByRole("row", { name: "dev true flag --dev" }).waitFor();
  expect(await options.getByRole("row").count()).toBe(info.configuration.length + 1);
  await page.getByRole("switch", { name: "Only what is set" }).click();
  await expect.poll(() => options.getByText("default", { exact: true }).count()).toBe(0);
  await page.getByRole("textbox", { name: "Search options" }).fill("listen");
  await expect.poll(() => options.getByRole("row").count()).toBeLessThan(5);
  await options.getByRole("row", { name: /^listen 127\.0\.0\.1:\d+/ }).waitFor();
  await page.getByRole("table", { name: "Nodes" }).getByRole("row", { name: /this one/ }).waitFor();
  const uptime = () => versions.locator("dd").filter({ hasText: "up" }).first().textContent();
  const before = await uptime();
  await expect.poll(uptime, { timeout: 20_000 }).not.toBe(before);
});

test("What a deployment has cost goes on while it runs, asks nobody, and stands still behind it", async () => {
  // A cent each 36 ms.
  const price = 1_000_000_000;
  const id = await hub.deploy("dear", "sleep 600", { price_usd_micro_per_hour: price });
  visit = await newHubPage(browser, hub, `/deployments/${id}/config`);
  const { page } = visit;
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  const dollars = async () => Number(/\$([\d.,]+)/.exec((await page.locator("main b .num", { hasText: "$" }).textContent()) ?? "")?.[1]?.replaceAll(",", ""));
  const first = await dollars();
  await expect.poll(dollars, { timeout: 20_000 }).toBeGreaterThan(first);
  await expect.poll(dollars, { timeout: 20_000 }).toBeGreaterThan(first + 0.5);
  expect(asked).toEqual([]);
  // Between two answers of the server, as it counts.
  const cost = async () => (await hub.ask<{ cost_usd_micro: number }>("GET", `/api/v1/deployments/${id}`)).cost_usd_micro / 1_000_000;
  const low = await cost();
  await expect.poll(dollars, { timeout: 20_000 }).toBeGreaterThanOrEqual(low - 0.01);
  expect(await dollars()).toBeLessThanOrEqual((await cost()) + 0.01);

  await hub.ask("POST", `/api/v1/deployments/${id}/stop?wait=stopped`);
  await page.locator('h1 ~ [data-status="stopped"]').waitFor();
  const last = await cost();
  await expect.poll(dollars, { timeout: 20_000 }).toBeCloseTo(last, 2);
  await page.goto("/dashboard");
  await page.getByRole("group", { name: "Spend per hour" }).getByText(`$${last.toFixed(2)} so far`).waitFor();
});
