import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { stage } from "./stage";

let deployment: string;

const { hub, open, visit } = stage(async () => {
  deployment = await hub.deploy("trainer-of-names", "sleep 600");
});

const field = (page: Page) => page.getByRole("combobox", { name: "Go to anything" });
const option = (page: Page, name: string | RegExp) => page.getByRole("listbox", { name: "Go to anything" }).getByRole("option", { name });

test("By keys alone one goes to a deployment by its name, and stops it there", async () => {
  const { page } = await visit();
  await page.keyboard.press("Control+k");
  await field(page).fill("of-names");
  await option(page, /trainer-of-names/).waitFor();
  await expect.poll(() => option(page, /trainer-of-names/).getAttribute("aria-selected")).toBe("true");
  expect(await field(page).getAttribute("aria-activedescendant")).toBe(await option(page, /trainer-of-names/).getAttribute("id"));
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/deployments/${deployment}/logs`));
  await page.locator('h1 ~ [data-status="running"]').waitFor();

  await page.keyboard.press("Control+k");
  await field(page).fill("stop trainer");
  await option(page, "Stop trainer-of-names").waitFor();
  await page.keyboard.press("Enter");
  const cancel = page.getByRole("dialog").getByRole("button", { name: "Cancel" });
  await expect.poll(() => cancel.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator('h1 ~ [data-status="stopped"]').waitFor();
  // And what was stopped is offered to be started again, as what it is.
  await page.getByText("Starting again is a new run").waitFor();
  await page.getByRole("button", { name: "Start again" }).click();
  await page.locator('h1 ~ [data-status="running"]').waitFor();
});

test("Escape closes it and gives the focus back, and arrows go round", async () => {
  const { page } = await visit("/deployments");
  const row = page.getByRole("row", { name: /trainer-of-names/ });
  await row.focus();
  await page.keyboard.press("Control+k");
  await field(page).waitFor();
  const selected = () => page.locator('[role="option"][aria-selected="true"]').textContent();
  const first = await selected();
  await page.keyboard.press("ArrowDown");
  expect(await selected()).not.toBe(first);
  await page.keyboard.press("ArrowUp");
  expect(await selected()).toBe(first);
  await page.keyboard.press("ArrowUp");
  expect(await selected()).toBe("Sign out");
  await page.keyboard.press("Escape");
  await field(page).waitFor({ state: "detached" });
  await expect.poll(() => row.evaluate((element) => element === document.activeElement)).toBe(true);
});

test("An answer that comes late does not replace what was asked for since", async () => {
  await hub.deploy("second-one", "sleep 600");
  const { page } = await visit();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const asked = page.waitForRequest(/\/api\/v1\/deployments\?text=trainer/);
  await page.route(/\/api\/v1\/deployments\?text=trainer/, async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  await page.keyboard.press("Control+k");
  await field(page).fill("trainer");
  await asked;
  await field(page).fill("second");
  await option(page, /second-one/).waitFor();
  release();
  await page.getByRole("button", { name: "Go to anything" }).first().waitFor({ state: "attached" });
  expect(await option(page, /trainer-of-names/).count()).toBe(0);
  await option(page, /second-one/).waitFor();
});

test("It is opened by touch on a phone, and goes where it is told to", async () => {
  const page = await (await open({ viewport: { width: 390, height: 844 }, hasTouch: true })).signIn();
  await page.getByRole("button", { name: "Go to anything" }).tap();
  await field(page).fill("audi");
  await option(page, "Audit").tap();
  await page.waitForURL(/\/audit$/);
});

