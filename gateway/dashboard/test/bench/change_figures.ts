import type { Page } from "playwright-core";
import { atRate, numbers } from "./load.ts";
import { require, timesOf } from "./report.ts";
import { profiled, readAll, Scene, type Bench } from "./scene.ts";
import { countCpu, cpuSeconds, taskCpu, watch, type Watched } from "./watch.ts";

const kPerSecond = 200;
const kSeconds = 15;
const kWarmUp = 400;
const kTracedSeconds = 4;
const kTasksPerSecond = 66;
const kEventsOfTask = 3;

const msOf = (instant: string) => Date.parse(instant.slice(0, 23) + "Z") + Number(instant.slice(23, 26)) / 1_000;

interface Change {
  row: string;
  mark: string;
  /** The event's own time, which is before its commit. */
  at: number;
  answered: number;
}

const now = () => performance.timeOrigin + performance.now();

/** How long each change took until the document had it, or one of the same row behind it that was drawn with it. */
function delays(changes: readonly Change[], watched: Watched): { inDocument: number[]; drawn: number[] } {
  const seen = new Map(watched.seen.map((one) => [one.mark, one]));
  const inDocument: number[] = [];
  const drawn: number[] = [];
  const newest = new Map<string, { at: number; drawnBy: number }>();
  for (const change of [...changes].reverse()) {
    const shown = seen.get(change.mark) ?? newest.get(change.row);
    if (!shown) continue;
    newest.set(change.row, shown);
    inDocument.push(shown.at - change.at);
    drawn.push((shown.drawnBy || shown.at) - change.at);
  }
  return { inDocument, drawn };
}

function tell({ report }: Bench, name: string, changes: readonly Change[], events: number, watched: Watched, cpu: number): void {
  const { inDocument, drawn } = delays(changes, watched);
  const answered = changes.map((change) => change.answered - change.at);
  require(inDocument.length > 0, `${name}: no change was seen`);
  report.add({ name: `page_change.${name}`, value: timesOf(inDocument).p50_ms, unit: "ms", n: inDocument.length, ...timesOf(inDocument), cpu_us: (cpu / events) * 1e6 });
  report.add({ name: `page_drawn.${name}`, value: timesOf(drawn).p50_ms, unit: "ms", n: drawn.length, ...timesOf(drawn) });
  report.add({ name: `page_answered.${name}`, value: timesOf(answered).p50_ms, unit: "ms", n: answered.length, ...timesOf(answered) });
  report.add({ name: `page_blocked.${name}`, value: Math.max(0, ...watched.long), unit: "ms", n: watched.long.length });
  report.add({ name: `page_frames.${name}`, value: watched.frames / watched.seconds, unit: "1/s", n: watched.frames });
  report.add({ name: `page_busy.${name}`, value: (cpu / watched.seconds) * 100, unit: "% CPU", n: events });
}

// Each has a name of its own, so that one is never taken for another's.
let renamed = 0;

/** Behind what is timed, since looking at every task costs something itself. */
async function tellTasks({ browser, report }: Bench, page: Page, name: string, work: () => Promise<unknown>): Promise<void> {
  const tasks = await taskCpu(browser, page, work);
  require(tasks.length > 0, `${name}: no task was seen`);
  report.add({ name: `page_task.${name}`, value: Math.max(...tasks), unit: "ms CPU", n: tasks.filter((ms) => ms > 50).length });
}

/** Renames `rows` at random while the page shows those of `shown`. */
async function measureRenames(scene: Scene, page: Page, name: string, rows: readonly string[], shown: readonly string[]): Promise<void> {
  const pick = numbers();
  const change = async () => {
    const row = rows[pick(rows.length)] ?? "";
    const mark = `change-${++renamed}.`;
    // Answered with the row as it is by then, which may have another change's name: one of the same moment, or newer.
    const { updated_at, version, name } = await scene.client.ask("PATCH", `/api/v1/deployments/${row}`, { name: mark });
    return { row, mark, name, version, at: msOf(updated_at), answered: now() };
  };
  await atRate(kWarmUp, kPerSecond, change);
  const cdp = await countCpu(page);
  const stop = await watch(page, /change-\d+\./);
  const before = await cpuSeconds(cdp);
  const changes = await profiled(scene.bench, page, name, () => atRate(kPerSecond * kSeconds, kPerSecond, change));
  // Two requests for one row may be decided the other way round; which was, is said by what both were answered with.
  changes.sort((a, b) => a.version - b.version || Number(a.mark === a.name) - Number(b.mark === b.name));
  const last = new Map(changes.map(({ row, name: shown }) => [row, shown]));
  const wanted = shown.flatMap((id) => last.get(id) ?? []);
  await page.waitForFunction((marks) => marks.every((mark) => document.body.textContent?.includes(mark)), wanted);
  const cpu = (await cpuSeconds(cdp)) - before;
  tell(scene.bench, name, changes, changes.length, await stop(), cpu);
  await tellTasks(scene.bench, page, name, () => atRate(kPerSecond * kTracedSeconds, kPerSecond, change));
}

/** Ids of what the page shows, from the links to it. */
const linked = (page: Page, rows: string): Promise<string[]> =>
  page.locator(rows).evaluateAll((links) => links.filter((link) => link.getBoundingClientRect().top < window.innerHeight).map((link) => link.getAttribute("href")?.split("/")[2] ?? ""));

export async function measureChanges(bench: Bench): Promise<void> {
  const scene = await Scene.start(bench);
  try {
    const all = (await scene.deployments()).map(({ id }) => id);
    const { page, context } = await scene.open("/deployments");
    await readAll(page, all.length);
    const inView = await linked(page, "tr[data-id] a");
    await measureRenames(scene, page, "list", all, inView);
    await measureRenames(scene, page, "list_in_view", inView, inView);
    await context.close();
    const overview = await scene.open("/dashboard");
    const newest = await linked(overview.page, 'main li a[href^="/deployments/"]');
    await measureRenames(scene, overview.page, "overview", newest, newest);
    await overview.context.close();
  } finally {
    await scene.stop();
  }
}

/** Tasks that models answer at once: each is made, starts and ends. */
export async function measureTasks(bench: Bench): Promise<void> {
  const scene = await Scene.start(bench, "--noop-models");
  try {
    await scene.client.ask("POST", "/api/v1/models", { name: "noop", type: "noop", status: "online", max_workers: 50 });
    const submit = async () => {
      const { id, created_at } = await scene.client.ask("POST", "/api/v1/tasks", { model_id: "noop", type: "text-generation", input: "Say in one sentence what a queue promises." });
      return { row: id, mark: id, at: msOf(created_at), answered: now() };
    };
    await atRate(300, kTasksPerSecond * 2, submit);
    const { page, context } = await scene.open("/tasks");
    const cdp = await countCpu(page);
    const stop = await watch(page, /^tsk_\w+$/);
    const before = await cpuSeconds(cdp);
    const made = await profiled(bench, page, "tasks", () => atRate(kTasksPerSecond * kSeconds, kTasksPerSecond, submit));
    await page.locator(`tr[data-id="${made.at(-1)?.row}"]`).waitFor();
    const cpu = (await cpuSeconds(cdp)) - before;
    const watched = await stop();
    tell(bench, "tasks", made, made.length * kEventsOfTask, watched, cpu);
    await tellTasks(bench, page, "tasks", () => atRate(kTasksPerSecond * kTracedSeconds, kTasksPerSecond, submit));
    await context.close();
  } finally {
    await scene.stop();
  }
}
