import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launch, Visit } from "./browser";
import { Hub } from "./hub";

let hub: Hub;
let browser: Browser;
let visit: Visit | undefined;
let isAway = false;

beforeAll(async () => {
  [hub, browser] = await Promise.all([Hub.start(), launch()]);
  await hub.deploy("known-before", "sleep 600", { labels: { team: "vision" } });
});

afterEach(async () => {
  const complaints = visit?.complaints ?? [];
  await visit?.close();
  visit = undefined;
  if (isAway) await revive();
  expect(complaints).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await hub.stop();
});

async function kill(): Promise<void> {
  isAway = true;
  await hub.kill();
}

async function revive(): Promise<void> {
  await hub.revive();
  isAway = false;
}

/** Keys of what the browser keeps, as anybody could look them up who has it. */
const keptKeys = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const request = indexedDB.open("computehub");
        request.onsuccess = () => {
          const base = request.result;
          if (base.objectStoreNames.length === 0) return resolve([]);
          const read = base.transaction(["owner", "states"]);
          const [owner, states] = [read.objectStore("owner").getAllKeys(), read.objectStore("states").getAllKeys()];
          read.oncomplete = () => {
            base.close();
            resolve([...owner.result, ...states.result].map(String));
          };
        };
      }),
  );

async function openWithWorker(path: string, token?: string): Promise<Page> {
  visit = await Visit.open(browser, hub.url, { serviceWorkers: "allow" });
  const page = token === undefined ? await visit.signIn(path) : await visit.signInWith(token, path);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe("activated");
  return page;
}

const kept = (page: Page, key: string) => expect.poll(() => keptKeys(page), { timeout: 20_000 }).toContain(key);

test("A reload without a server shows the last list as it was, marked stale, and goes live when the server is back", async () => {
  const page = await openWithWorker("/deployments");
  await page.getByRole("row", { name: /known-before/ }).waitFor();
  await kept(page, "deployments?{}");
  await kill();
  await page.reload();
  await page.locator('main[data-live="stale"]').waitFor();
  await page.getByRole("row", { name: /known-before/ }).waitFor();
  await page.getByText(/This is what was known at \d{4}-/).waitFor();
  await page.getByText(/Source: \/api\/v1\/deployments, as of \d{4}-/).waitFor();
  await revive();
  await page.locator('main[data-live="live"]').waitFor();
  await page.getByText(/This is what was known/).waitFor({ state: "detached" });
  const id = await hub.deploy("made-since", "sleep 600");
  await page.locator(`tr[data-id="${id}"] [data-status="running"]`).waitFor();
  await page.getByText("Source: /api/v1/deployments", { exact: false }).waitFor();
  expect(await page.getByText(/as of \d{4}-/).count()).toBe(0);
});

test("A detail that was looked at is there too, and what nothing is known of says so", async () => {
  const page = await openWithWorker("/deployments?text=known-before");
  await page.getByRole("link", { name: "known-before" }).click();
  await page.getByRole("tab", { name: "Configuration" }).click();
  await page.getByText("team=vision").waitFor();
  const id = /dep_\w+/.exec(page.url())?.[0] ?? "";
  await kept(page, `deployments/${id}`);
  await kill();
  await page.reload();
  await page.locator('main[data-live="stale"]').waitFor();
  await page.getByText("team=vision").waitFor();
  await page.goto("/settings/api-keys");
  await page.locator('main[data-live="stale"]').waitFor();
  await page.getByText("The server does not answer").waitFor();
});

test("Of a deployment that only the list knows, what the list knows is shown", async () => {
  const page = await openWithWorker("/deployments");
  await kept(page, "deployments?{}");
  await kill();
  await page.reload();
  await page.locator('main[data-live="stale"]').waitFor();
  await page.getByRole("link", { name: "known-before" }).click();
  await page.getByRole("heading", { name: "known-before" }).waitFor();
  await page.getByText(/Source: deployments\/dep_\w+, as of \d{4}-/).waitFor();
});

test("A sign-out leaves nothing of what was shown, with a server or without", async () => {
  const page = await openWithWorker("/deployments");
  await kept(page, "deployments?{}");
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL(/\/sign-in/);
  await expect.poll(() => keptKeys(page)).toEqual([]);
  await kill();
  await page.goto("/deployments");
  await page.getByText("The server does not answer").waitFor();
  expect(await page.getByText("known-before").count()).toBe(0);
});

test("A sign-out that the server does not hear takes everything away here, and is said to it when it is back", async () => {
  const page = await openWithWorker("/deployments");
  await kept(page, "deployments?{}");
  await kill();
  await page.reload();
  await page.getByRole("row", { name: /known-before/ }).waitFor();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByText("The server does not answer").waitFor();
  expect(await keptKeys(page)).toEqual([]);
  await page.reload();
  await page.getByText("The server does not answer").waitFor();
  await revive();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.waitForURL(/\/sign-in/);
  const status = await page.evaluate(async () => (await fetch("/api/v1/session")).status);
  expect(status).toBe(401);
});

test("Who signs in after another finds nothing of what that one saw", async () => {
  const page = await openWithWorker("/deployments");
  await kept(page, "deployments?{}");
  const { token } = await hub.ask<{ token: string }>("POST", "/api/v1/api-keys", { role: "viewer", name: "next one" });
  // The cookie of the next one, as another tab would have got it.
  await page.evaluate((given) => fetch("/api/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token: given }) }), token);
  await page.goto("/models");
  await visit?.live();
  await kept(page, "models");
  expect(await keptKeys(page)).not.toContain("deployments?{}");
});

test("What is kept of the page is its files alone: nothing of the API, and no token", async () => {
  const page = await openWithWorker("/deployments", hub.token);
  await kept(page, "deployments?{}");
  const cached = await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat());
  expect(cached.filter((path) => path !== "/dashboard" && !path.startsWith("/assets/"))).toEqual([]);
  expect(cached).toContain("/dashboard");
  const texts = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const request = indexedDB.open("computehub");
        request.onsuccess = () => {
          const read = request.result.transaction(["owner", "states"]);
          const [owner, states] = [read.objectStore("owner").getAll(), read.objectStore("states").getAll()];
          read.oncomplete = () => resolve(JSON.stringify([owner.result, states.result, { ...localStorage }]));
        };
      }),
  );
  expect(texts).toContain("known-before");
  expect(texts).not.toContain(hub.token);
});
