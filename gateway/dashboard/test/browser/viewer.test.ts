import type { Page, Response } from "playwright-core";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { Visit } from "./browser";
import { ModelServer } from "./model_server";
import { furnish, type Scene } from "./scene";
import { stage } from "./stage";
import { pagesOf, pastOf } from "./tour";

let models: ModelServer;
let scene: Scene;
let token: string;
const { hub, open } = stage(async () => {
  models = await ModelServer.start();
  scene = await furnish(hub, models);
  ({ token } = await hub.ask<{ token: string }>("POST", "/api/v1/api-keys", { role: "viewer", name: "walker" }));
});
afterAll(() => models.stop());

let visit: Visit;
let page: Page;
let refused: string[];
beforeEach(async () => {
  visit = await open();
  page = await visit.signInWith(token);
  refused = [];
  const note = ({ method, status, path }: { method: string; status: number; path: string }) => {
    // Whatever changes something needs more than the role of a viewer; 403 is what they are told who have not enough.
    if (status === 403 || method !== "GET") refused.push(`${method} ${path}: ${status}`);
  };
  page.on("response", (response: Response) => note({ method: response.request().method(), status: response.status(), path: new URL(response.url()).pathname }));
});

const addresses = () => [...pagesOf(scene), `/tasks/${scene.cancelled}`, `/deployments/${scene.ended}/config`, `/deployments/${scene.running}/files?file=datei.txt`];

async function go(path: string): Promise<void> {
  await page.goto(path);
  await (path.includes("at=") ? visit.past() : visit.live());
}

/** What nobody is refused: to look, to go somewhere, to keep, and to set how it looks. */
const harmless =
  /^(Go to anything.*|Open navigation|Dark colours|Light colours|简体中文|Account|Columns|Saved views|Export|Refresh|Go back in time|Go to event \d+|deployment\.\w+|Workspace|CSV|Download|Close|Follow.*|Save as PNG: .*|Actions of datei\.txt|Back to now|Previous event|Next event|Compare|End comparison|Swap|Whole|Go to its first event)$/;
const pressable = "button:not([role=tab]):visible, input[type=file], input[type=checkbox][aria-label^=Select]";

const named = (selector: string) => page.locator(selector).evaluateAll((all) => all.map((one) => (one.getAttribute("aria-label") ?? one.textContent ?? "").trim()));

test("What a viewer is offered is on the list of what nobody is refused, on every page", async () => {
  const others: string[] = [];
  for (const path of [...addresses(), ...pastOf(scene)]) {
    await go(path);
    for (const name of await named(pressable)) if (!harmless.test(name)) others.push(`${path} ${name}`);
  }
  expect(others).toEqual([]);
  expect(refused).toEqual([]);
}, 300_000);

/** Presses it where it stands, and each item of the menu that it opens. */
async function press(path: string, name: string): Promise<void> {
  const items = page.getByRole("menu").locator('[role^="menuitem"]');
  const press = async () => {
    await go(path);
    const button = page.getByRole("button", { name }).filter({ visible: true }).first();
    const isMenu = (await button.getAttribute("aria-haspopup")) === "menu";
    await button.click();
    if (isMenu) await items.first().waitFor();
  };
  await press();
  const count = await items.count();
  for (let item = 0; item < count; ++item) {
    // Who leaves is refused nothing from then on.
    if ((await items.nth(item).textContent()) === "Sign out") continue;
    await items.nth(item).click();
    if (item + 1 < count) await press();
  }
}

test("Nothing that a viewer presses is refused, or would change anything", async () => {
  const pressed = new Set<string>();
  for (const path of addresses()) {
    await go(path);
    for (const name of await named("button:not([role=tab]):visible")) {
      const kind = name.replace(/\d+/g, "").replace(/: .*/, "");
      // What is pressed next is looked for by its English name.
      if (pressed.has(kind) || name === "简体中文") continue;
      pressed.add(kind);
      await press(path, name);
    }
  }
  expect(pressed.size).toBeGreaterThan(12);
  expect(refused).toEqual([]);
}, 300_000);

test("No key does what no button is there for", async () => {
  for (const [path, row] of [["/deployments", /rufus/], ["/tasks", /tsk_/], ["/models", /rosa/], [`/deployments/${scene.running}/files`, /datei/]] as const) {
    await go(path);
    await page.getByRole("row", { name: row }).first().focus();
    for (const key of ["Control+a", " ", "Delete"]) await page.keyboard.press(key);
    expect(await page.getByRole("dialog").count(), path).toBe(0);
    expect(await page.locator("[data-selected]").count(), path).toBe(0);
  }
  expect(refused).toEqual([]);
});

test("The command palette offers a viewer nothing but places, what is found, and how the page looks", async () => {
  const places = /^(Overview|Deployments|Tasks|Models|Statistics|System|Audit|API reference|Dark colours|Light colours|简体中文.*|Sign out)$/;
  const found = /(rufus|ruth|rosa|rita|tsk_)/;
  for (const path of ["/dashboard", "/deployments", ...["config", "files"].map((tab) => `/deployments/${scene.running}/${tab}`), `/deployments/${scene.ended}/logs`, "/tasks", `/tasks/${scene.task}`, `/tasks/${scene.cancelled}`, "/models", "/settings/api-keys"]) {
    await go(path);
    await page.keyboard.press("Control+k");
    const field = page.getByRole("combobox", { name: "Go to anything" });
    await page.getByRole("option", { name: "Sign out" }).waitFor();
    expect((await page.getByRole("option").allTextContents()).filter((name) => !places.test(name)), path).toEqual([]);
    await field.fill("r");
    await page.getByRole("option", { name: /rufus/ }).first().waitFor();
    const acting = (await page.getByRole("option").allTextContents()).filter((name) => !places.test(name) && (!found.test(name) || /^(start|stop|restart|delete|edit|cancel|retry|add|submit)/i.test(name)));
    expect(acting, path).toEqual([]);
    await page.keyboard.press("Escape");
  }
  expect(refused).toEqual([]);
});
