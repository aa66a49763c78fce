import { expect, test } from "vitest";
import { seriousFaults } from "./faults";
import { stage } from "./stage";

const { hub, visit } = stage();

const label = (id: string, n: number) => hub.ask("PATCH", `/api/v1/deployments/${id}`, { labels: { n: String(n) } });

test("A change of a deployment does not pull the page away from who reads it", async () => {
  const id = await hub.deploy("read", "sleep 600");
  const { page } = await visit(`/deployments/${id}/config`);
  await page.setViewportSize({ width: 390, height: 500 });
  await page.getByText("Configuration", { exact: true }).waitFor();
  await page.mouse.move(200, 300);
  await page.mouse.wheel(0, 4_000);
  const top = () => page.evaluate(() => Math.round(document.querySelector('[role="tab"][aria-selected="true"]')?.getBoundingClientRect().top ?? 0));
  await expect.poll(top).toBeLessThan(-20);
  const before = await top();
  await label(id, 7);
  await page.getByText("n=7").waitFor();
  expect(await top()).toBe(before);
});

test("A tab says what it shows, and a part that cannot be loaded leaves the others", async () => {
  const id = await hub.deploy("tabs", "echo said; sleep 600");
  const seen = await visit(`/deployments/${id}/logs`);
  const { page } = seen;
  await page.getByRole("tabpanel", { name: "Logs" }).getByText("said").waitFor();
  expect(await page.getByRole("tab", { name: "Logs" }).getAttribute("aria-controls")).toBe(await page.getByRole("tabpanel").getAttribute("id"));
  expect(await seriousFaults(page)).toEqual([]);

  const isPart = /\/assets\/config_tab.*\.js/;
  await page.route(isPart, (route) => route.abort());
  await page.getByRole("tab", { name: "Configuration" }).click();
  await page.getByRole("alert").filter({ hasText: "This part of the page could not be loaded" }).waitFor();
  await page.getByRole("tab", { name: "Logs" }).click();
  await page.getByText("said").waitFor();
  await page.getByRole("tab", { name: "Configuration" }).click();
  await page.unroute(isPart);
  await page.getByRole("button", { name: "Reload the page" }).click();
  await page.getByRole("tabpanel", { name: "Configuration" }).getByText("sh -c").waitFor();
  // What the test itself broke is told of in the console.
  seen.complaints.length = 0;
});

test("A history of more than a thousand events is read to its newest, which has an address", async () => {
  const id = await hub.deploy("long-lived", "sleep 600");
  for (let n = 0; n < 1_020; n += 20) await Promise.all(Array.from({ length: 20 }, (_, k) => label(id, n + k)));
  const { version } = await hub.ask<{ version: number }>("GET", `/api/v1/deployments/${id}`);
  expect(version).toBeGreaterThan(1_000);
  const { page } = await visit(`/deployments/${id}/history`);
  await page.getByRole("table", { name: "History" }).locator("tr[data-id]").first().getByText(String(version), { exact: true }).waitFor();
  await label(id, 5_000);
  await page.locator("tr[data-id]").first().getByText(String(version + 1), { exact: true }).waitFor();
  await page.locator("tr[data-id]").first().click();
  await page.waitForURL(/event=/);
  await page.getByText('"5000"').waitFor();
  await page.reload();
  await page.getByText('"5000"').waitFor();
});

test("An event of the audit, whether it follows, the days of statistics and a file that is looked at have addresses", async () => {
  const id = await hub.deploy("addressed", "printf inside > 7; sleep 600");
  const { page } = await visit("/audit");
  await page.locator("tr[data-id]").first().click();
  await page.getByRole("dialog").waitFor();
  await page.reload();
  await page.getByRole("dialog").waitFor();
  await page.goBack();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("switch", { name: "Follow" }).click({ force: true });
  await page.waitForURL(/follow=false/);
  await page.reload();
  await expect.poll(() => page.getByRole("switch", { name: "Follow" }).isChecked()).toBe(false);
  await page.locator("tr[data-id]").first().waitFor();

  await page.goto("/statistics");
  await page.getByText("30 days").click();
  await page.waitForURL(/days=30/);
  await page.reload();
  await expect.poll(() => page.getByRole("radio", { name: "30 days" }).isChecked()).toBe(true);

  await page.goto(`/deployments/${id}/files`);
  await page.getByRole("row", { name: /^File 7/ }).click();
  await page.getByText("inside", { exact: true }).waitFor();
  await page.reload();
  await page.getByText("inside", { exact: true }).waitFor();
});

test("A filter that came by the address is shown, and can be taken away", async () => {
  await hub.deploy("filtered", "sleep 600", { labels: { team: "vision" } });
  const { page } = await visit("/deployments?label=team%3Dvision&owner=user:nobody&provider=local");
  await page.getByText("Nothing fits these filters").waitFor();
  expect(await page.getByRole("combobox", { name: "Provider" }).inputValue()).toBe("local");
  await page.getByRole("button", { name: "Remove the filter Made by: user:nobody" }).click();
  await page.getByRole("row", { name: /filtered/ }).waitFor();
  await page.getByRole("button", { name: "Remove the filter Label: team=vision" }).click();
  await page.getByRole("group", { name: "Filters" }).waitFor({ state: "detached" });
  await page.goto("/tasks?priority=3&label=team%3Dvision");
  await page.getByRole("button", { name: "Remove the filter Label: team=vision" }).click();
  await page.getByRole("button", { name: "Remove the filter Priority: 3" }).click();
  await page.waitForURL(/\/tasks$/);
  expect(await seriousFaults(page)).toEqual([]);
});
