import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Cutter } from "./cutter";
import { stage } from "./stage";

const { hub, open, visit } = stage();

const screen = (page: Page) => page.getByRole("group", { name: "Terminal" });
const shown = async (page: Page) => (await screen(page).locator(".xterm-rows > div").allInnerTexts()).join("\n").replaceAll("\u00a0", " ");
const until = (page: Page, pattern: RegExp) => expect.poll(() => shown(page), { timeout: 20_000 }).toMatch(pattern);

async function openTerminal(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Open terminal" }).click();
  await page.getByText("Connected").waitFor();
  await until(page, /[#$] *$/m);
}

async function type(page: Page, line: string): Promise<void> {
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
}

test("A shell opens in the workspace, shows what is typed, and takes the size of its window", async () => {
  const id = await hub.deploy("with-shell", "sleep 600");
  const { page } = await visit(`/deployments/${id}/connect`);
  await openTerminal(page);
  await type(page, "pwd; echo cols=$(tput cols)");
  await until(page, new RegExp(`/local/${id}/workspace`));
  const before = Number((await shown(page)).match(/^cols=(\d+)/m)?.[1]);
  expect(before).toBeGreaterThan(60);
  await page.setViewportSize({ width: 820, height: 800 });
  await expect.poll(async () => {
    await type(page, "clear; echo now=$(tput cols)");
    await until(page, /^now=\d+/m);
    return Number((await shown(page)).match(/^now=(\d+)/m)?.[1]);
  }, { timeout: 20_000 }).toBeLessThan(before);
});

test("A paste of several lines arrives as it is", async () => {
  const id = await hub.deploy("pasted-into", "sleep 600");
  const { page } = await visit(`/deployments/${id}/connect`);
  await openTerminal(page);
  // A shell marks pastes for itself; only what runs in it gets them plain.
  await type(page, "echo 'rea''dy'; cat > pasted.txt");
  await until(page, /^ready/m);
  const text = Array.from({ length: 300 }, (_, index) => `line ${index} äöü 你好`).join("\n") + "\n";
  await page.evaluate((pasted) => {
    const data = new DataTransfer();
    data.setData("text/plain", pasted);
    document.querySelector(".xterm-helper-textarea")!.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
  await until(page, /line 299/);
  await page.keyboard.press("Control+d");
  await type(page, "echo 'wri''tten'");
  await until(page, /^written/m);
  expect(readFileSync(join(hub.folder, "local", id, "workspace", "pasted.txt"), "utf8")).toBe(text);
});

test("Behind a cut the same shell goes on where it was, and behind a reload it is there again", async () => {
  const cutter = await Cutter.before(hub.url);
  try {
    const id = await hub.deploy("cut-off", "sleep 600");
    const page = await (await open({}, cutter.url)).signIn();
    await page.goto(`/deployments/${id}/connect`);
    await openTerminal(page);
    await type(page, "MINE=kept; for i in $(seq 1 40); do echo counted $i; sleep 0.05; done");
    await until(page, /counted 3$/m);
    cutter.cut();
    await until(page, /counted 40$/m);
    const lines = [...(await shown(page)).matchAll(/^counted (\d+)$/gm)].map(([, number]) => Number(number));
    expect(lines).toEqual(Array.from(lines, (_, index) => (lines[0] ?? 0) + index));
    await page.reload();
    await page.getByText("Connected").waitFor();
    await until(page, /counted 40$/m);
    await screen(page).click();
    await type(page, "echo still=$MINE");
    await until(page, /^still=kept/m);
  } finally {
    cutter.stop();
  }
});

test("The end of a shell is told in words, and a new one can be opened", async () => {
  const id = await hub.deploy("ends", "sleep 600");
  const { page } = await visit(`/deployments/${id}/connect`);
  await openTerminal(page);
  await type(page, "exit 3");
  await page.getByText("The shell has ended (3)").waitFor();
  await openTerminal(page);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
  await page.getByText("The run has ended, and the shell with it").waitFor();
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByRole("row", { name: /terminal_opened/ }).first().waitFor();
  await page.getByRole("row", { name: /terminal_closed/ }).first().waitFor();
});

test("A viewer is offered no terminal", async () => {
  const id = await hub.deploy("looked-at", "sleep 600");
  const { token } = await hub.ask<{ token: string }>("POST", "/api/v1/api-keys", { role: "viewer", name: "onlooker" });
  const page = await (await open()).signInWith(token, `/deployments/${id}/connect`);
  await page.getByText("Nothing to connect to").waitFor();
  expect(await page.getByRole("button", { name: "Open terminal" }).count()).toBe(0);
});
