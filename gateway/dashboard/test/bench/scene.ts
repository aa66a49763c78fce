import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, CDPSession, Page } from "playwright-core";
import { Visit } from "../browser/browser.ts";
import { Hub } from "../browser/hub.ts";
import { Client, type Answer } from "./load.ts";
import type { Report } from "./report.ts";
import { countCpu } from "./watch.ts";

export const kDeployments = 1_000;

export interface Bench {
  browser: Browser;
  report: Report;
  /** Of a figure that is measured over a long time. */
  minutes: number;
  /** Where profiles of the page's main thread go; none are taken without it. */
  profiles: string | undefined;
}

/** A server of its own with a client, and pages of it. */
export class Scene {
  private constructor(
    readonly bench: Bench,
    readonly hub: Hub,
    readonly client: Client,
  ) {}

  static async start(bench: Bench, ...options: string[]): Promise<Scene> {
    const hub = await Hub.start(...options);
    return new Scene(bench, hub, new Client(hub));
  }

  /** Stopped deployments: rows like any other, without a process each. Newest first, as lists have them. */
  async deployments(count = kDeployments): Promise<Answer[]> {
    const create = (n: number) => this.client.ask("POST", "/api/v1/deployments", { name: `deployment-${n}`, provider: "local", command: ["true"], desired: "stopped", price_usd_micro_per_hour: 2_490_000, labels: { team: "vision" } });
    const made: Answer[] = [];
    while (made.length < count) made.push(...(await Promise.all(Array.from({ length: Math.min(100, count - made.length) }, (_, n) => create(made.length + n)))));
    return made.sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  async open(path: string): Promise<Visit> {
    const visit = await Visit.open(this.bench.browser, this.hub.url);
    await visit.signIn(path);
    return visit;
  }

  cdpOf(page: Page): Promise<CDPSession> {
    return page.context().newCDPSession(page);
  }

  async stop(): Promise<void> {
    this.client.stop();
    await this.hub.stop();
  }
}

/** Scrolls a list to its end, so that all of it has been read, and back. */
export async function readAll(page: Page, rows: number): Promise<void> {
  const table = page.getByRole("table");
  const scroller = page.locator('[data-testid="virtuoso-scroller"]');
  while ((await table.getAttribute("aria-rowcount")) !== String(rows + 1)) await scroller.evaluate((box) => (box.scrollTop = box.scrollHeight));
  await scroller.evaluate((box) => (box.scrollTop = 0));
  await page.locator('tr[data-index="0"]').waitFor();
}

/** Runs `work`; writes what the page's main thread did meanwhile to NAME.cpuprofile when profiles are wanted. */
export async function profiled<T>(bench: Bench, page: Page, name: string, work: () => Promise<T>): Promise<T> {
  if (bench.profiles === undefined) return work();
  const cdp = await countCpu(page);
  await cdp.send("Profiler.enable");
  await cdp.send("Profiler.setSamplingInterval", { interval: 500 });
  await cdp.send("Profiler.start");
  const done = await work();
  const { profile } = await cdp.send("Profiler.stop");
  mkdirSync(bench.profiles, { recursive: true });
  writeFileSync(join(bench.profiles, `${name}.cpuprofile`), JSON.stringify(profile));
  return done;
}
