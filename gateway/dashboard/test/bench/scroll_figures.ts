import type { Page } from "playwright-core";
import { numbers } from "./load.ts";
import { require, timesOf } from "./report.ts";
import { profiled, Scene, type Bench } from "./scene.ts";
import { countCpu, cpuSeconds } from "./watch.ts";

const kLines = 1_000_000;
const kSeconds = 10;
const kJumpEveryMs = 500;

interface Scrolled {
  /** Between one frame and the next, in ms. */
  frames: number[];
  /** Frames in which a line in view had not been read yet, or there was none at the middle of the view. */
  waiting: number;
  blank: number;
  long: number[];
  /** Of the main thread, in seconds. */
  cpu: number;
}

/** What is run in the page: what each frame shows when it begins, which is what the one before it has drawn. */
function beginFrames(): void {
  const log = document.querySelector('[role="table"]');
  const box = log?.getBoundingClientRect();
  const kept = { frames: [] as number[], waiting: 0, blank: 0, long: [] as number[], isRunning: true };
  new PerformanceObserver((list) => kept.long.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
  let last: number | undefined;
  const frame = (now: number) => {
    if (last !== undefined) kept.frames.push(now - last);
    last = now;
    const middle = box && document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)?.closest("[data-seq]");
    if (!middle) kept.blank += 1;
    else if (!(middle as HTMLElement).dataset.stream) kept.waiting += 1;
    if (kept.isRunning) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  (window as unknown as { bench: typeof kept }).bench = kept;
}

/** What is run in the page: moves with each frame, from the first line to the last, as somebody does who drags the bar all the way down. */
const dragDown = (box: Element, ms: number): Promise<void> =>
  new Promise((done) => {
    const begun = performance.now();
    const step = () => {
      const share = Math.min(1, (performance.now() - begun) / ms);
      box.scrollTop = share * box.scrollHeight;
      if (share < 1) requestAnimationFrame(step);
      else done();
    };
    requestAnimationFrame(step);
  });

async function scrolledBy(page: Page, move: () => Promise<unknown>): Promise<Scrolled> {
  const cdp = await countCpu(page);
  await page.evaluate(beginFrames);
  const before = await cpuSeconds(cdp);
  const end = performance.now() + kSeconds * 1_000;
  while (performance.now() < end) await move();
  const cpu = (await cpuSeconds(cdp)) - before;
  const scrolled = await page.evaluate(() => {
    const { bench } = window as unknown as { bench: Scrolled & { isRunning: boolean } };
    bench.isRunning = false;
    return bench;
  });
  return { ...scrolled, cpu };
}

function tell({ report }: Bench, name: string, { frames, waiting, blank, long, cpu }: Scrolled): void {
  const seconds = frames.reduce((sum, ms) => sum + ms, 0) / 1_000;
  report.add({ name: `page_scroll.${name}`, value: frames.length / seconds, unit: "frames/s", n: frames.length, ...timesOf(frames), cpu_us: (cpu / frames.length) * 1e6 });
  report.add({ name: `page_scroll_blocked.${name}`, value: Math.max(0, ...long), unit: "ms", n: long.length });
  report.add({ name: `page_scroll_unread.${name}`, value: (waiting / frames.length) * 100, unit: "% frames", n: waiting });
  report.add({ name: `page_scroll_blank.${name}`, value: (blank / frames.length) * 100, unit: "% frames", n: blank });
}

/** A deployment that has printed a million lines, coloured, as much as the server keeps of one. */
async function printed(scene: Scene): Promise<string> {
  const line = "\\033[32mstep\\033[0m %d loss 0.%03d\\n";
  const id = await scene.hub.deploy("talker", `awk 'BEGIN { for (i = 1; i <= ${kLines}; i++) printf "${line}", i, i % 1000 }'; sleep 3600`);
  type Page = { items: { seq: number }[] };
  let last = 0;
  while (last < kLines) last = (await scene.hub.ask<Page>("GET", `/api/v1/deployments/${id}/logs?tail=1`)).items[0]?.seq ?? 0;
  const first = (await scene.hub.ask<Page>("GET", `/api/v1/deployments/${id}/logs?limit=1`)).items[0]?.seq;
  require(first === 1, `line ${first} is the first that is kept`);
  return id;
}

export async function measureScroll(bench: Bench): Promise<void> {
  const scene = await Scene.start(bench);
  try {
    const id = await printed(scene);
    const { page, context } = await scene.open(`/deployments/${id}/logs?line=1`);
    const log = page.getByRole("table", { name: "Log" });
    await page.locator('[data-seq="1"]').waitFor();
    await log.hover();
    // As a hand does that turns the wheel without a rest: 120 px a notch, some 30 notches a second.
    tell(bench, "wheel", await profiled(bench, page, "wheel", () => scrolledBy(page, () => page.mouse.wheel(0, 120))));
    const pick = numbers();
    const jump = async () => {
      await log.evaluate((box, share) => (box.scrollTop = share * box.scrollHeight), pick(10_000) / 10_000);
      await page.waitForTimeout(kJumpEveryMs);
    };
    tell(bench, "jumps", await scrolledBy(page, jump));
    tell(bench, "drag", await profiled(bench, page, "drag", () => scrolledBy(page, () => log.evaluate(dragDown, kSeconds * 1_000))));
    const released = performance.now();
    await page.waitForFunction(() => document.querySelector("[data-seq]") !== null && document.querySelector("[data-seq]:not([data-stream])") === null);
    bench.report.add({ name: "page_scroll_landed.drag", value: performance.now() - released, unit: "ms", n: 1 });
    await context.close();
  } finally {
    await scene.stop();
  }
}
