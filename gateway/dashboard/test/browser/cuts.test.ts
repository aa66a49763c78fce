import type { Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import type { Visit } from "./browser";
import { Cutter } from "./cutter";
import { stage } from "./stage";

const kCuts = 10;
let cutter: Cutter;
let model: string;
const { hub, open } = stage(async () => {
  cutter = await Cutter.before(hub.url);
  // Nothing works on its tasks: they wait, until they are cancelled.
  model = await addModel("keeps-its-tasks");
  for (const name of ["first", "second", "third"]) await stopped(name);
});
afterAll(() => cutter.stop());

type Item = { id: string; status: string };
const lists = ["deployments", "tasks", "models"] as const;

const made = async (path: string, body: object) => (await hub.ask<Item>("POST", path, body)).id;
const stopped = (name: string) => made("/api/v1/deployments", { name, provider: "local", command: ["true"], desired: "stopped" });
const addModel = (name: string) => made("/api/v1/models", { name, type: "local", host: "127.0.0.1", port: 9 });
const submit = () => made("/api/v1/tasks", { model_id: model, type: "custom", input: "x", timeout: "1h" });

/** Of each list something new, something changed and something that goes. */
async function change(round: number): Promise<void> {
  const [deployment, task, another] = await Promise.all([stopped(`made-${round}`), submit(), addModel(`model-${round}`)]);
  await Promise.all([
    hub.ask("POST", `/api/v1/deployments/${deployment}/start?wait=running`),
    hub.ask("PUT", `/api/v1/models/${another}/status`, { status: round % 2 ? "online" : "offline" }),
    round % 3 ? hub.ask("DELETE", `/api/v1/tasks/${task}`) : undefined,
  ]);
  if (round % 3 === 2) await Promise.all([hub.ask("DELETE", `/api/v1/deployments/${deployment}?wait=deleted`), hub.ask("DELETE", `/api/v1/models/${another}`)]);
}

interface Watched {
  states: string[];
  doubled: string[];
}

/** Keeps all that the page says of its connection, and every drawing in which a row stands twice. */
function watch(page: Page): Promise<void> {
  return page.evaluate(() => {
    const kept: Watched = Object.assign(window, { states: [], doubled: [] });
    const main = document.querySelector("main")!;
    new MutationObserver(() => {
      const state = main.dataset.live ?? "";
      if (kept.states.at(-1) !== state) kept.states.push(state);
    }).observe(main, { attributeFilter: ["data-live"] });
    new MutationObserver(() => {
      const ids = [...document.querySelectorAll<HTMLElement>("tr[data-id]")].map((row) => row.dataset.id);
      if (new Set(ids).size !== ids.length) kept.doubled.push(ids.join(" "));
    }).observe(main, { childList: true, subtree: true });
  });
}

const watched = (page: Page) => page.evaluate(() => ({ states: (window as unknown as Watched).states, doubled: (window as unknown as Watched).doubled }));
const shown = (page: Page) => page.locator("tr[data-id]").evaluateAll((rows) => rows.map((row) => `${(row as HTMLElement).dataset.id} ${row.querySelector("[data-status]")?.getAttribute("data-status")}`).sort());
const known = async (list: string) => (await hub.ask<{ items: Item[] }>("GET", `/api/v1/${list}?page_size=1000`)).items.map(({ id, status }) => `${id} ${status}`).sort();

test("Lists that change while they are cut off again and again say so, and end as the server has them, each row once", async () => {
  const visits = new Map<string, Visit>();
  for (const list of lists) {
    const visit = await open({ viewport: { width: 1440, height: 2_400 } }, cutter.url);
    await watch(await visit.signIn(`/${list}`));
    visits.set(list, visit);
  }
  for (let round = 0; round < kCuts; ++round) {
    // At any place of what is being said, and right away.
    if (round % 2) cutter.cutAfterBytes(300 * round);
    const changed = change(round);
    if (round % 2 === 0) cutter.cut();
    await changed;
    for (const { page } of visits.values()) await page.waitForFunction((count) => (window as unknown as Watched).states.length >= count, 2 * (round + 1));
    for (const visit of visits.values()) await visit.live();
  }
  for (const list of lists) {
    const { page } = visits.get(list)!;
    await expect.poll(async () => (await shown(page)).join("\n"), { timeout: 20_000 }).toBe((await known(list)).join("\n"));
    const { states, doubled } = await watched(page);
    expect(await page.locator("tr[data-id]").count(), list).toBeGreaterThan(kCuts / 2);
    expect(states, list).toEqual(Array.from({ length: kCuts }, () => ["resuming", "live"]).flat());
    expect(doubled, list).toEqual([]);
  }
});
