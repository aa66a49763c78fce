import type { Browser, CDPSession, Page } from "playwright-core";
import { require } from "./report.ts";

/** When the page's document had a mark for the first time, in ms since 1970. */
export interface Seen {
  mark: string;
  /** In the document. */
  at: number;
  /** A frame that was begun with it in the document has been drawn, as far as the main thread does that. */
  drawnBy: number;
}

export interface Watched {
  seen: Seen[];
  /** Tasks of the main thread of over 50 ms, as the browser tells them. */
  long: number[];
  frames: number;
  seconds: number;
  /** What the page's clock is ahead of the machine's, in ms. */
  clockMs: number;
}

/** What is run in the page: notes marks in texts and ids of rows as they come into the document. */
function begin(pattern: string): void {
  const marks = new RegExp(pattern, "g");
  const begun = performance.now();
  const kept = { seen: [] as Seen[], long: [] as number[], frames: 0, stop: () => watched() };
  const known = new Set<string>();
  const now = () => performance.timeOrigin + performance.now();
  const drawn = new MessageChannel();
  let undrawn: Seen[] = [];
  drawn.port1.onmessage = () => {
    for (const one of undrawn) one.drawnBy ||= now();
    undrawn = [];
  };
  const note = (text: string | null | undefined, at: number) => {
    for (const [mark] of (text ?? "").matchAll(marks)) {
      if (known.has(mark)) continue;
      known.add(mark);
      const seen = { mark, at, drawnBy: 0 };
      kept.seen.push(seen);
      undrawn.push(seen);
    }
  };
  const observer = new MutationObserver((records) => {
    const at = now();
    for (const record of records) {
      if (record.type !== "childList") note(record.target.nodeValue, at);
      for (const node of record.addedNodes) {
        note(node.textContent, at);
        if (node instanceof HTMLElement) note(node.dataset.id, at);
      }
    }
    if (undrawn.length > 0) requestAnimationFrame(() => drawn.port2.postMessage(0));
  });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  const tasks = new PerformanceObserver((list) => kept.long.push(...list.getEntries().map(({ duration }) => duration)));
  tasks.observe({ type: "longtask" });
  let isRunning = true;
  const frame = () => {
    kept.frames += 1;
    if (isRunning) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const watched = () => {
    isRunning = false;
    observer.disconnect();
    tasks.disconnect();
    const { stop: _, ...rest } = kept;
    return { ...rest, seconds: (performance.now() - begun) / 1_000, clockMs: now() - Date.now() };
  };
  (window as unknown as { bench: typeof kept }).bench = kept;
}

const kClockMsMax = 3;

/** Notes what comes into the document from now on, until the function that is answered is called. */
export async function watch(page: Page, pattern: RegExp): Promise<() => Promise<Watched>> {
  await page.evaluate(begin, pattern.source);
  return async () => {
    const watched = await page.evaluate(() => (window as unknown as { bench: { stop(): Watched } }).bench.stop());
    require(Math.abs(watched.clockMs) < kClockMsMax, `the page's clock is ${watched.clockMs.toFixed(1)} ms off the machine's`);
    return watched;
  };
}

/** CPU time of the page's main thread so far, in seconds. */
export async function cpuSeconds(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
}

export async function countCpu(page: Page): Promise<CDPSession> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  return cdp;
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  tdur?: number;
  args?: { name?: string };
}

/** CPU time of each task of the main thread while `work` runs, in ms: what the page itself asks of it in one piece. */
export async function taskCpu(browser: Browser, page: Page, work: () => Promise<unknown>): Promise<number[]> {
  await browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline"] });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const placeOf = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;
  const mains = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain").map(placeOf));
  return traceEvents.flatMap((event) => (event.name === "RunTask" && event.tdur !== undefined && mains.has(placeOf(event)) ? event.tdur / 1_000 : []));
}
