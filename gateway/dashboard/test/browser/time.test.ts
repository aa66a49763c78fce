import type { Page } from "playwright-core";
import { expect, test, vi } from "vitest";
import type { Visit } from "./browser";
import { seriousFaults } from "./faults";
import { stage } from "./stage";

interface Event {
  id: string;
  time: string;
  type: string;
  version: number;
}

let stopped: string;
let history: Event[];
/** When the first ran and the second was not made yet. */
let ran: string;

const historyOf = async (id: string) => (await hub.ask<{ items: Event[] }>("GET", `/api/v1/deployments/${id}/events`)).items;
const idOf = (kind: string) => history.find(({ type }) => type === `computehub.deployment.${kind}.v1`)?.id ?? "";

const { hub, open, visit } = stage(async () => {
  stopped = await hub.deploy("went-before", "i=0; while true; do i=$((i+1)); echo \"then $i\"; sleep 0.1; done", { price_usd_micro_per_hour: 2_000_000 });
  const lines = async () => (await hub.ask<{ items: unknown[] }>("GET", `/api/v1/deployments/${stopped}/logs`)).items.length;
  await vi.waitFor(async () => expect(await lines()).toBeGreaterThan(3), { timeout: 30_000 });
  ran = new Date().toISOString();
  await hub.ask("PATCH", `/api/v1/deployments/${stopped}`, { labels: { team: "vision" } });
  await hub.ask("POST", `/api/v1/deployments/${stopped}/stop?wait=stopped`);
  await hub.deploy("came-after", "sleep 600", { price_usd_micro_per_hour: 500_000 });
  history = await historyOf(stopped);
});

async function go(seen: Visit, path: string): Promise<void> {
  await seen.page.goto(path);
  await seen.past();
}

const badge = (page: Page, status: string) => page.locator(`h1 ~ [data-status="${status}"]`);
const path = (tab = "config") => `/deployments/${stopped}/${tab}`;

test("Before it was stopped it was live, and the page does not claim to be of now", async () => {
  const shown = await visit(path());
  const { page } = shown;
  await badge(page, "stopped").waitFor();
  await go(shown, `${path()}?at=${ran}`);
  await badge(page, "running").waitFor();
  expect(await badge(page, "running").textContent()).toContain("Live");
  expect(await page.locator("main").getAttribute("data-live")).toBe("stale");
  await page.getByRole("region", { name: "Time", exact: true }).getByRole("status").getByText(/^As it was at /).waitFor();

  // What was cannot be edited.
  await page.getByRole("region", { name: "What runs" }).waitFor();
  expect(await page.getByRole("button", { name: "Edit" }).count()).toBe(0);

  await page.reload();
  await shown.past();
  await badge(page, "running").waitFor();
  await page.getByRole("button", { name: "Back to now" }).click();
  await badge(page, "stopped").waitFor();
  await shown.live();
  expect(new URL(page.url()).search).toBe("");
});

test("A history is gone through event by event, by buttons and by keys, and the badge goes along", async () => {
  const shown = await visit(`${path()}`);
  const { page } = shown;
  await page.getByRole("button", { name: "Go back in time" }).click();
  await shown.past();
  const statusAt = async (id: string) => (await hub.ask<{ status: string }>("GET", `/api/v1/deployments/${stopped}?at=${id}`)).status;
  const seen: string[] = [];
  for (const { id, version } of [...history].reverse()) {
    await page.getByRole("button", { name: "Previous event" }).click();
    await page.waitForURL((url) => url.searchParams.get("at") === id);
    await page.getByText(`event ${version} of ${history.length}`).waitFor();
    const status = await statusAt(id);
    await badge(page, status).waitFor();
    seen.push(status);
  }
  expect(seen).toContain("running");
  expect(seen.at(-1)).not.toBe("stopped");
  expect(await page.getByRole("button", { name: "Previous event" }).isDisabled()).toBe(true);

  await page.getByRole("slider", { name: "Moment" }).focus();
  for (const { id } of history.slice(1)) {
    await page.keyboard.press("ArrowRight");
    await page.waitForURL((url) => url.searchParams.get("at") === id);
  }
  expect(await page.getByRole("slider").getAttribute("aria-valuetext")).toMatch(new RegExp(`^\\d{4}-.*event ${history.length} of ${history.length}`));
  await page.getByRole("heading", { name: "went-before" }).click();
  await page.keyboard.press("[");
  await page.waitForURL((url) => url.searchParams.get("at") === history.at(-2)?.id);
  await page.getByRole("slider").press("End");
  await shown.live();
  await badge(page, "stopped").waitFor();
});

test("A list of then has not what came after, says so in each of its links, and steps over all deployments", async () => {
  const shown = await visit("/deployments");
  const { page } = shown;
  await page.getByRole("row", { name: /came-after/ }).waitFor();
  await go(shown, `/deployments?at=${ran}`);
  const before = page.getByRole("row", { name: /went-before/ });
  await before.locator('[data-status="running"]').waitFor();
  expect(await page.getByRole("row", { name: /came-after/ }).count()).toBe(0);
  await page.getByText("1 of 1").waitFor();

  const after = page.getByRole("row", { name: /came-after/ });
  const next = page.getByRole("button", { name: "Next event" });
  for (let step = 0; step < 20 && (await after.count()) === 0; ++step) {
    const at = new URL(page.url()).searchParams.get("at");
    await next.click();
    await page.waitForURL((url) => url.searchParams.get("at") !== at);
    await shown.past();
  }
  await after.locator('[data-status="creating"], [data-status="starting"]').waitFor();
  await before.locator('[data-status="stopped"]').waitFor();
  const at = new URL(page.url()).searchParams.get("at");
  await page.getByRole("button", { name: "Previous event" }).click();
  await after.waitFor({ state: "detached" });
  await before.getByRole("link").click();
  await shown.past();
  expect(at).not.toBeNull();
  await badge(page, "stopped").waitFor();
});

test("Before there was anything the pages say so", async () => {
  const shown = await visit();
  const { page } = shown;
  await go(shown, "/deployments?at=2020-01-01T00:00:00Z");
  await page.getByText("There were no deployments then").waitFor();
  await go(shown, `${path()}?at=2020-01-01T00:00:00Z`);
  await page.getByText("It was not there yet").waitFor();
  await page.getByRole("button", { name: "Go to its first event" }).click();
  await page.waitForURL((url) => url.searchParams.get("at") === history[0]?.id);
  await badge(page, "creating").waitFor();
});

test("The log ends at the moment, and the charts as well", async () => {
  const shown = await visit();
  const { page } = shown;
  await go(shown, `${path("logs")}?at=${ran}`);
  const last = (await hub.ask<{ items: { seq: number }[] }>("GET", `/api/v1/deployments/${stopped}/logs?to=${ran}&tail=1`)).items[0]?.seq ?? 0;
  await page.locator(`[data-seq="${last}"]`).waitFor();
  expect(await page.locator("[data-seq]").last().getAttribute("data-seq")).toBe(String(last));
  await page.getByLabel("Search the log").fill("then ");
  const hits = page.getByRole("table", { name: "Log lines found" });
  await hits.getByRole("row", { name: /then 1$/ }).waitFor();
  expect(await hits.getByRole("row").count()).toBe(last);
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByRole("row", { name: /deployment\.started/ }).waitFor();
  expect(await page.getByRole("row", { name: /deployment\.stopped/ }).count()).toBe(0);
  await page.getByRole("tab", { name: "Files" }).click();
  await page.getByText("Files of the past are not kept").waitFor();
});

test("Two moments of a deployment: what is different, old and new, and what happened between", async () => {
  const shown = await visit();
  const { page } = shown;
  await go(shown, `${path()}?at=${idOf("started")}`);
  await page.getByRole("button", { name: "Compare" }).click();
  const table = page.getByRole("table", { name: "Differences" });
  const status = table.getByRole("row", { name: /^Status/ });
  await status.waitFor();
  expect(await status.textContent()).toMatch(/Live.*Stopped/);
  expect(await table.getByRole("row", { name: /Label team/ }).textContent()).toMatch(/not there.*vision/);
  const between = page.getByRole("list", { name: "Events between" });
  await between.getByText("deployment.stopped").waitFor();
  expect(await between.getByText("deployment.started").count()).toBe(0);

  const than = new URL(page.url()).searchParams.get("than");
  expect(than).not.toBeNull();
  await page.reload();
  await status.waitFor();
  await page.getByRole("button", { name: "Swap" }).click();
  await page.waitForURL((url) => url.searchParams.get("at") === than);
  expect(await status.textContent()).toMatch(/Live.*Stopped/);
  await page.getByRole("button", { name: "End comparison" }).click();
  await page.getByRole("tab", { name: "Configuration" }).waitFor();
});

test("Two moments of the list: what appeared and what changed", async () => {
  const shown = await visit();
  const { page } = shown;
  await go(shown, `/deployments?at=${ran}&than=${new Date().toISOString()}`);
  const table = page.getByRole("table", { name: "Differences" });
  await table.getByRole("row", { name: /came-after/ }).getByText("Appeared").waitFor();
  const changed = table.getByRole("row", { name: /went-before/ });
  await changed.getByText("Changed").waitFor();
  expect(await changed.textContent()).toMatch(/Status.*Live.*→.*Stopped/);
});

test("The overview's figures are those of then, and what is not kept says so", async () => {
  const shown = await visit();
  const { page } = shown;
  await go(shown, `/dashboard?at=${ran}`);
  const figure = (name: string) => page.getByRole("group", { name });
  await figure("Live deployments").getByText("1", { exact: true }).waitFor();
  await figure("Live deployments").getByText(/of 1/).waitFor();
  await figure("Spend per hour").getByText("$2.00").waitFor();
  await figure("Waiting tasks").getByText("Not known for the past").waitFor();
  await page.getByRole("button", { name: "Back to now" }).click();
  await shown.live();
  await figure("Spend per hour").getByText("$0.50").waitFor();
});

test("A time that is typed is gone to", async () => {
  const shown = await visit("/deployments");
  const { page } = shown;
  await page.getByRole("button", { name: "Go back in time" }).click();
  await shown.past();
  const field = page.getByLabel(/^Go to a time/);
  await field.fill("2021-03-04T05:06:07");
  await field.press("Enter");
  await page.getByText("There were no deployments then").waitFor();
  await page.getByText(/As it was at 2021-03-04 05:06:07\.000/).waitFor();
});

test("The slider goes to any moment, also between events", async () => {
  const shown = await visit();
  const { page } = shown;
  await go(shown, `${path()}?at=${ran}`);
  const slider = page.getByRole("slider", { name: "Moment" });
  await slider.press("Home");
  await badge(page, "creating").waitFor();
  await slider.fill(await slider.evaluate((input: HTMLInputElement) => String(Number(input.max) - 1)));
  await badge(page, "stopped").waitFor();
});

test("Of the moments on the way only the last is asked for, and none a second time", async () => {
  const shown = await visit();
  const { page } = shown;
  const asked: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname === `/api/v1/deployments/${stopped}` && url.searchParams.has("at")) asked.push(url.searchParams.get("at") ?? "");
  });
  await go(shown, `${path()}?at=${idOf("stopped")}`);
  const slider = page.getByRole("slider", { name: "Moment" });
  const at = () => new URL(page.url()).searchParams.get("at") ?? "";
  const begun = at();
  // One gesture over fifty moments.
  await slider.evaluate((input: HTMLInputElement) => {
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
    for (let step = 1; step <= 50; ++step) {
      set?.call(input, String(Math.round((Number(input.max) * step) / 60)));
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  await page.waitForURL((url) => url.searchParams.get("at") !== begun);
  await shown.past();
  expect(asked).toEqual([begun, at()]);

  await go(shown, `${path()}?at=${idOf("started")}`);
  asked.length = 0;
  for (const button of ["Previous event", "Next event", "Previous event", "Next event"]) {
    const before = at();
    await page.getByRole("button", { name: button }).click();
    await page.waitForURL((url) => url.searchParams.get("at") !== before);
    await shown.past();
  }
  expect(asked.length).toBe(1);
});

test("What happens now leaves a page of the past as it is, and is told as more to come", async () => {
  const id = await hub.deploy("goes-on", "sleep 600");
  const begun = (await historyOf(id)).length;
  const at = (await historyOf(id)).at(-1)?.id ?? "";
  const shown = await visit();
  const { page } = shown;
  await go(shown, `/deployments/${id}/config?at=${at}`);
  await page.getByText(`event ${begun} of ${begun}`).waitFor();
  await hub.ask("POST", `/api/v1/deployments/${id}/stop?wait=stopped`);
  await page.getByText(`event ${begun} of ${(await historyOf(id)).length}`).waitFor();
  await badge(page, "running").waitFor();
  await hub.ask("DELETE", `/api/v1/deployments/${id}?wait=deleted`);
});

test("What was deleted since is still there at its time", async () => {
  const id = await hub.deploy("gone-since", "sleep 600");
  const lived = new Date().toISOString();
  await hub.ask("DELETE", `/api/v1/deployments/${id}?wait=deleted`);
  const shown = await visit();
  const { page } = shown;
  await go(shown, `/deployments?at=${lived}&than=${new Date().toISOString()}`);
  const row = page.getByRole("table", { name: "Differences" }).getByRole("row", { name: /gone-since/ });
  await row.getByText("Vanished").waitFor();
  await row.getByRole("link").click();
  await badge(page, "running").waitFor();
  await page.getByRole("button", { name: "Back to now" }).click();
  await badge(page, "deleted").waitFor();
});

test("A step that is still on its way takes nobody back into the past", async () => {
  const shown = await visit();
  const { page } = shown;
  // Behind the last event that the page knows: only the server can say what is before.
  await go(shown, `/deployments?at=${new Date().toISOString()}`);
  let answer = () => undefined as void;
  const held = new Promise<void>((resolve) => (answer = resolve));
  const asked = new Promise<void>((resolve) => {
    void page.route(/events\/timeline.*direction=back.*limit=1&/, async (route) => {
      resolve();
      await held;
      await route.continue();
    });
  });
  await page.getByRole("button", { name: "Previous event" }).click();
  await asked;
  await page.getByRole("button", { name: "Back to now" }).click();
  await shown.live();
  const answered = page.waitForResponse(/events\/timeline.*direction=back.*limit=1&/);
  answer();
  await (await answered).finished();
  await page.getByRole("row", { name: /came-after/ }).waitFor();
  expect(new URL(page.url()).search).toBe("");
});

const addresses = () => [`/dashboard?at=${ran}`, `/deployments?at=${ran}`, `/deployments?at=${ran}&than=${idOf("stopped") ? new Date().toISOString() : ""}`, ...["logs", "metrics", "files", "history", "config", "connect"].map((tab) => `${path(tab)}?at=${ran}`), `${path()}?at=${idOf("started")}&than=${idOf("stopped")}`];

test("Nothing that changes anything is offered in the past", async () => {
  const shown = await visit();
  const { page } = shown;
  const acting = /new deployment|submit|^start|^stop|^restart|^delete|upload|rename|new folder|open terminal/i;
  for (const address of addresses()) {
    await go(shown, address);
    expect(await page.getByRole("button", { name: acting }).count(), address).toBe(0);
    expect(await page.locator("main").getByRole("link", { name: acting }).count(), address).toBe(0);
    expect(await page.getByRole("checkbox").count(), address).toBe(0);
  }
}, 300_000);

test("The past speaks the language of who reads it", async () => {
  const shown = await visit();
  const { page } = shown;
  await page.getByRole("button", { name: "简体中文" }).click();
  await page.getByRole("heading", { name: "总览" }).waitFor();
  await go(shown, `${path()}?at=${ran}`);
  await page.getByRole("region", { name: "时间" }).getByRole("status").getByText(/时的状态/).waitFor();
  await page.getByRole("button", { name: "上一个事件" }).waitFor();
  await page.getByRole("button", { name: "回到现在" }).click();
  await shown.live();
});

/** How much wider than the window what is shown is, of the page or of its main part. */
const tooWide = (page: Page) =>
  page.evaluate(() => Math.max(0, ...[document.documentElement, document.querySelector("main")!].map((box) => box.scrollWidth - box.clientWidth)));

test.each(["en-US", "zh-CN"])("The past fits a phone, and can be used there (%s)", async (locale) => {
  const shown = await open({ locale, viewport: { width: 390, height: 844 } });
  const { page } = shown;
  await page.goto("/sign-in");
  await page.getByRole("button", { name: /Sign in as developer|以开发者身份登录/ }).click();
  await shown.live();
  const faults: string[] = [];
  for (const address of [...addresses(), "/deployments?at=2020-01-01T00:00:00Z", `${path()}?at=2020-01-01T00:00:00Z`]) {
    await go(shown, address);
    if (locale === "en-US") faults.push(...(await seriousFaults(page)).map((fault) => `${address} ${fault}`));
    expect(await tooWide(page), address).toBe(0);
  }
  expect(faults).toEqual([]);
}, 300_000);
