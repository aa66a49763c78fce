import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launch, Visit } from "./browser";
import { Cutter } from "./cutter";
import { Hub } from "./hub";
import { ModelServer } from "./model_server";

let hub: Hub;
let browser: Browser;
let models: ModelServer;
let cutter: Cutter;
let visit: Visit;

beforeAll(async () => {
  [hub, browser, models] = await Promise.all([Hub.start(), launch(), ModelServer.start()]);
  cutter = await Cutter.before(hub.url);
  await addModel("before");
});

afterEach(async () => {
  await visit.close();
  cutter.open();
  expect(visit.complaints).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  cutter.stop();
  models.stop();
  await hub.stop();
});

const addModel = (name: string) => hub.ask("POST", "/api/v1/models", { name, type: "openai", base_url: models.url, model: "tiny", status: "online", max_workers: 1 });

async function open(path: string): Promise<Page> {
  visit = await Visit.open(browser, cutter.url);
  return visit.signIn(path);
}

async function cutWhile(page: Page, change: () => Promise<unknown>): Promise<void> {
  cutter.shut();
  await page.locator('main:not([data-live="live"])').waitFor();
  await change();
  cutter.open();
  await visit.live();
}

test("A list that cannot resume is read anew, and goes on being live", async () => {
  const page = await open("/models");
  await page.getByText("before", { exact: true }).waitFor();
  for (const round of ["first", "second"]) {
    await cutWhile(page, () => addModel(`in the ${round} cut`));
    await page.getByText(`in the ${round} cut`, { exact: true }).waitFor();
    await addModel(`behind the ${round} cut`);
    await page.getByText(`behind the ${round} cut`, { exact: true }).waitFor();
    expect(await page.locator("[data-stale]").count()).toBe(0);
  }
});

test("Who opens a task in the middle of its answer sees it go on, and goes on behind a cut as well", async () => {
  const { id } = await hub.ask<{ id: string }>("POST", "/api/v1/tasks", { model_id: "before", type: "text-generation", input: "Greet us.", timeout: "1h" });
  const call = await models.call();
  call.say("Good ");
  await expect.poll(async () => (await hub.ask<{ partial?: { text: string } }>("GET", `/api/v1/tasks/${id}`)).partial?.text).toBe("Good ");
  const page = await open(`/tasks/${id}`);
  await page.getByText("Good", { exact: true }).waitFor();
  call.say("morning");
  await page.getByText("Good morning", { exact: true }).waitFor();
  await cutWhile(page, async () => {
    call.say(" to ");
    await expect.poll(async () => (await hub.ask<{ partial?: { text: string } }>("GET", `/api/v1/tasks/${id}`)).partial?.text).toBe("Good morning to ");
  });
  call.say("all");
  await page.getByText("Good morning to all", { exact: true }).waitFor();
  call.end();
});

test("A key that was made while one was on another page is there when one comes back", async () => {
  visit = await Visit.open(browser, cutter.url);
  const { page } = visit;
  const isLeft = new Promise<void>((resolve) => page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => String(payload).includes('"unsubscribe"') && resolve())));
  await visit.signIn("/settings/api-keys");
  const navigation = page.getByRole("navigation", { name: "Main" });
  await navigation.getByRole("link", { name: "Models" }).click();
  await page.getByText("before", { exact: true }).waitFor();
  await isLeft;
  await hub.ask("POST", "/api/v1/api-keys", { role: "viewer", name: "made-meanwhile" });
  await navigation.getByRole("link", { name: "API keys" }).click();
  await page.getByText("made-meanwhile", { exact: true }).waitFor();
});

test("Whoever is signed in all at once as somebody else sees what that one may see, and it is live", async () => {
  const { token } = await hub.ask<{ token: string }>("POST", "/api/v1/api-keys", { role: "viewer", name: "another" });
  const page = await open("/models");
  await page.getByRole("button", { name: "Add model" }).first().waitFor();
  // As in another window of the same browser.
  await page.evaluate((body) => fetch("/api/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body }), JSON.stringify({ token }));
  cutter.cut();
  await page.getByRole("button", { name: "Add model" }).first().waitFor({ state: "detached" });
  await page.getByText("before", { exact: true }).waitFor();
  await addModel("seen by another");
  await page.getByText("seen by another", { exact: true }).waitFor();
});
