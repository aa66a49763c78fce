import { atRate, numbers } from "./load.ts";
import { readAll, Scene, type Bench } from "./scene.ts";

const kPerSecond = 200;
const kWarmUpSeconds = 20;

interface Held {
  minute: number;
  heapMiB: number;
  nodes: number;
  listeners: number;
}

/** What is left when everything that can go has gone. */
async function heldBy(cdp: Awaited<ReturnType<Scene["cdpOf"]>>, minute: number): Promise<Held> {
  for (let time = 0; time < 2; ++time) await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners } = await cdp.send("Memory.getDOMCounters");
  return { minute, heapMiB: usedSize / 2 ** 20, nodes, listeners: jsEventListeners };
}

/** By least squares. */
function slopeOf(points: readonly Held[]): number {
  const mean = (of: (one: Held) => number) => points.reduce((sum, one) => sum + of(one), 0) / points.length;
  const [minute, heap] = [mean((one) => one.minute), mean((one) => one.heapMiB)];
  const along = points.reduce((sum, one) => sum + (one.minute - minute) ** 2, 0);
  return points.reduce((sum, one) => sum + (one.minute - minute) * (one.heapMiB - heap), 0) / along;
}

/** The page's memory while 200 deployments a second change in an open list of 1,000. */
export async function measureMemory(bench: Bench): Promise<void> {
  const scene = await Scene.start(bench);
  try {
    const rows = await scene.deployments();
    const { page, context } = await scene.open("/deployments");
    await readAll(page, rows.length);
    const pick = numbers();
    let next = 0;
    const change = () => scene.client.ask("PATCH", `/api/v1/deployments/${rows[pick(rows.length)]?.id}`, { name: `change-${++next}.` });
    await atRate(kPerSecond * kWarmUpSeconds, kPerSecond, change);
    const cdp = await scene.cdpOf(page);
    const held = [await heldBy(cdp, 0)];
    // Looked at more than once in a short time too, so that a slope is one.
    const step = bench.minutes > 2 ? 1 : bench.minutes / 4;
    for (let minute = step; minute <= bench.minutes + 0.001; minute += step) {
      await atRate(kPerSecond * 60 * step, kPerSecond, change);
      held.push(await heldBy(cdp, minute));
    }
    const [first, last] = [held[0] as Held, held.at(-1) as Held];
    bench.report.add({ name: "page_memory.heap", value: last.heapMiB, unit: "MiB", n: next });
    bench.report.add({ name: "page_memory.growth", value: (last.heapMiB / first.heapMiB - 1) * 100, unit: "%", n: bench.minutes });
    bench.report.add({ name: "page_memory.slope", value: slopeOf(held), unit: "MiB/min", n: held.length });
    bench.report.add({ name: "page_memory.nodes", value: last.nodes - first.nodes, unit: "nodes more", n: last.nodes });
    bench.report.add({ name: "page_memory.listeners", value: last.listeners - first.listeners, unit: "more", n: last.listeners });
    console.error(held.map((one) => `  minute ${one.minute}: ${one.heapMiB.toFixed(2)} MiB, ${one.nodes} nodes, ${one.listeners} listeners`).join("\n"));
    await context.close();
  } finally {
    await scene.stop();
  }
}
