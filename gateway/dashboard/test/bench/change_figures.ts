import type { Page } from "playwright-core";
import { atRate, numbers, type Answer } from "./load.ts";
import { require, timesOf } from "./report.ts";
import { profiled, readAll, Scene, type Bench } from "./scene.ts";
import { countCpu, cpuSeconds, watch, type Watched } from "./watch.ts";

const kPerSecond = 200;
const kSeconds = 15;
const kWarmUp = 400;
const kTasksPerSecond = 66;

const msOf = (instant: string) => Date.parse(instant.slice(0, 23) + "Z") + Number(instant.slice(23, 26)) / 1_000;

interface Change {
  row: string;
  mark: string;
  /** The event's own time, which is before its commit. */
  at: number;
}

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

function tell({ report }: Bench, name: string, changes: number, watched: Watched, cpu: number, found: ReturnType<typeof delays>): void {
  const { inDocument, drawn } = found;
  require(inDocument.length > 0, `${name}: no change was seen`);
  report.add({ name: `page_change.${name}`, value: timesOf(inDocument).p50_ms, unit: "ms", n: inDocument.length, ...timesOf(inDocument), cpu_us: (cpu / changes) * 1e6 });
  report.add({ name: `page_drawn.${name}`, value: timesOf(drawn).p50_ms, unit: "ms", n: drawn.length, ...timesOf(drawn) });
  report.add({ name: `page_blocked.${name}`, value: Math.max(0, ...watched.long), unit: "ms", n: watched.long.length });
  report.add({ name: `page_frames.${name}`, value: watched.frames / watched.seconds, unit: "1/s", n: watched.frames });
  report.add({ name: `page_busy.${name}`, value: (cpu / watched.seconds) * 100, unit: "% CPU", n: changes });
}

/** Renames `rows` at random while the page shows them. */
async function measureRenames(scene: Scene, page: Page, name: string, rows: readonly Answer[]): Promise<void> {
  const pick = numbers();
  let next = 0;
  const change = async () => {
    const row = rows[pick(rows.length)]?.id ?? "";
    const mark = `change-${++next}.`;
    const { updated_at } = await scene.client.ask("PATCH", `/api/v1/deployments/${row}`, { name: mark });
    return { row, mark, at: msOf(updated_at) };
  };
  await atRate(kWarmUp, kPerSecond, change);
  const cdp = await countCpu(page);
  const stop = await watch(page, /change-\d+\./);
  const before = await cpuSeconds(cdp);
  const changes = await profiled(scene.bench, page, name, () => atRate(kPerSecond * kSeconds, kPerSecond, change));
  // Two requests for one row may be decided the other way round.
  changes.sort((a, b) => a.at - b.at);
  await settled(page, changes);
  const cpu = (await cpuSeconds(cdp)) - before;
  const watched = await stop();
  tell(scene.bench, name, changes.length, watched, cpu, delays(changes, watched));
}

/** Until the page shows the last of all changes of each row that it shows. */
async function settled(page: Page, changes: readonly Change[]): Promise<void> {
  const last = Object.fromEntries(changes.map(({ row, mark }) => [row, mark]));
  await page.waitForFunction((marks) => [...document.querySelectorAll<HTMLElement>("tr[data-id]")].every((row) => row.textContent?.includes(marks[row.dataset.id ?? ""] ?? "")), last);
}

export async function measureChanges(bench: Bench): Promise<void> {
  const scene = await Scene.start(bench);
  try {
    const rows = await scene.deployments();
    const { page, context } = await scene.open("/deployments");
    await readAll(page, rows.length);
    await measureRenames(scene, page, "list", rows);
    const inView = await page.locator("tr[data-id]").evaluateAll((shown) => shown.filter((row) => row.getBoundingClientRect().top < window.innerHeight).map((row) => (row as HTMLElement).dataset.id ?? ""));
    await measureRenames(scene, page, "list_in_view", rows.filter(({ id }) => inView.includes(id)));
    await context.close();
    const overview = await scene.open("/dashboard");
    await measureRenames(scene, overview.page, "overview", rows.slice(0, 7));
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
    const submit = () => scene.client.ask("POST", "/api/v1/tasks", { model_id: "noop", type: "text-generation", input: "Say in one sentence what a queue promises." });
    await atRate(300, kTasksPerSecond * 2, submit);
    const { page, context } = await scene.open("/tasks");
    const cdp = await countCpu(page);
    const stop = await watch(page, /^tsk_\w+$/);
    const before = await cpuSeconds(cdp);
    const made = await profiled(bench, page, "tasks", () => atRate(kTasksPerSecond * kSeconds, kTasksPerSecond, submit));
    await page.locator(`tr[data-id="${made.at(-1)?.id}"]`).waitFor();
    const cpu = (await cpuSeconds(cdp)) - before;
    const watched = await stop();
    tell(bench, "tasks", made.length * 3, watched, cpu, delays(made.map(({ id, created_at }) => ({ row: id, mark: id, at: msOf(created_at) })), watched));
    await context.close();
  } finally {
    await scene.stop();
  }
}
