import type { CDPSession, Page } from "playwright-core";
import { Visit } from "../browser/browser.ts";
import { timesOf } from "./report.ts";
import { Scene, type Bench } from "./scene.ts";

const kRuns = 8;

interface Painted {
  /** In ms from the beginning of the navigation. */
  first: number;
  /** What the page is for is there, and a frame with it has been drawn. */
  useful: number;
}

/** What is run before the page's own script: notes when an element that `selector` finds has been drawn. */
function awaitUseful(selector: string): void {
  const kept = window as unknown as { useful?: number };
  const observer = new MutationObserver(() => {
    if (!document.querySelector(selector)) return;
    observer.disconnect();
    const drawn = new MessageChannel();
    drawn.port1.onmessage = () => (kept.useful = performance.now());
    requestAnimationFrame(() => drawn.port2.postMessage(0));
  });
  observer.observe(document, { subtree: true, childList: true });
}

/** In a browser context of its own: nothing is in its cache but the cookie of the session. */
async function paintOf(visit: Visit, path: string, useful: string): Promise<Painted> {
  const { page } = visit;
  await page.addInitScript(awaitUseful, useful);
  await page.goto(path);
  await page.waitForFunction(() => (window as unknown as { useful?: number }).useful !== undefined);
  return page.evaluate(() => ({ first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity, useful: (window as unknown as { useful: number }).useful }));
}

/** The first paint of anything, and of what the page is for, with a cold cache. */
export async function measurePaint(bench: Bench): Promise<void> {
  const scene = await Scene.start(bench);
  try {
    await scene.deployments();
    const signedIn = await scene.open("/dashboard");
    const storageState = await signedIn.context.storageState();
    await signedIn.close();
    // The overview's first figure stands when the whole list has been read.
    for (const [name, path, useful] of [["deployments", "/deployments", "tr[data-id]"], ["dashboard", "/dashboard", "main li [data-status]"]] as const) {
      const painted: Painted[] = [];
      while (painted.length < kRuns) {
        const visit = await Visit.open(bench.browser, scene.hub.url, { storageState });
        painted.push(await paintOf(visit, path, useful));
        await visit.close();
      }
      tell(bench, `page_paint.${name}`, painted.map(({ first }) => first));
      tell(bench, `page_rows.${name}`, painted.map((one) => one.useful));
    }
    await measureScripts(scene, storageState);
  } finally {
    await scene.stop();
  }
}

function tell({ report }: Bench, name: string, times: readonly number[]): void {
  report.add({ name, value: Math.max(...times), unit: "ms, worst", n: times.length, p50_ms: timesOf(times).p50_ms });
}

/** Bytes of scripts as they came over the wire, without the lines above them. */
class Scripts {
  readonly bytes = new Map<string, number>();

  static async of(page: Page): Promise<Scripts> {
    const scripts = new Scripts();
    scripts.listen(await page.context().newCDPSession(page));
    return scripts;
  }

  private listen(cdp: CDPSession): void {
    const begun = new Map<string, { url: string; above: number }>();
    cdp.on("Network.responseReceived", ({ requestId, response, type }) => {
      if (type === "Script") begun.set(requestId, { url: response.url, above: response.encodedDataLength });
    });
    cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const script = begun.get(requestId);
      if (script) this.bytes.set(script.url, encodedDataLength - script.above);
    });
    void cdp.send("Network.enable");
  }

  get kilobytes(): number {
    return [...this.bytes.values()].reduce((sum, bytes) => sum + bytes, 0) / 1_000;
  }
}

const places = ["Deployments", "Tasks", "Models", "Statistics", "System", "Audit", "API keys"];

/** What /dashboard loads, and whether the other pages' scripts come when somebody goes there, and not before. */
async function measureScripts({ bench, hub }: Scene, storageState: Awaited<ReturnType<Visit["context"]["storageState"]>>): Promise<void> {
  const visit = await Visit.open(bench.browser, hub.url, { storageState });
  const { page } = visit;
  const scripts = await Scripts.of(page);
  await page.goto("/dashboard");
  await visit.live();
  await page.waitForLoadState("networkidle");
  bench.report.add({ name: "page_script.dashboard", value: scripts.kilobytes, unit: "kB gzip", n: scripts.bytes.size });
  let lazy = 0;
  for (const place of places) {
    const before = scripts.bytes.size;
    await page.getByRole("navigation").getByRole("link", { name: place, exact: true }).click();
    await visit.live();
    await page.waitForLoadState("networkidle");
    if (scripts.bytes.size > before) lazy += 1;
  }
  bench.report.add({ name: "page_script.lazy", value: (lazy / places.length) * 100, unit: "% of pages", n: places.length });
  bench.report.add({ name: "page_script.visited", value: scripts.kilobytes, unit: "kB gzip", n: scripts.bytes.size });
  await visit.close();
}
