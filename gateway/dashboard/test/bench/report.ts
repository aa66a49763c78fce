import { loadavg } from "node:os";

export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** Of what was counted or timed. */
  n: number;
  p50_ms?: number;
  p99_ms?: number;
  worst_ms?: number;
  /** CPU time of the page's main thread for one of `n`; says most on a busy machine. */
  cpu_us?: number;
}

/** What a figure should be; what is absent asks for nothing. */
interface Goal {
  least?: number;
  most?: number;
  p99_ms?: number;
}

/** By the figure's name up to its first dot, or by all of it. */
const goals: Record<string, Goal> = {
  page_change: { p99_ms: 100 },
  page_blocked: { most: 50 },
  page_task: { most: 50 },
  page_paint: { most: 1_000 },
  page_rows: { most: 1_000 },
  "page_script.dashboard": { most: 250 },
  "page_script.lazy": { least: 100 },
  page_scroll: { least: 55 },
  "page_memory.growth": { most: 5 },
};

const goalOf = (name: string): Goal | undefined => goals[name] ?? goals[name.split(".")[0] ?? ""];
const round = (value: number | undefined): string => (value === undefined ? "" : String(Number(value.toPrecision(4))));

export function isMet(goal: Goal, figure: Figure): boolean {
  if (goal.least !== undefined && figure.value < goal.least) return false;
  if (goal.most !== undefined && figure.value > goal.most) return false;
  return goal.p99_ms === undefined || (figure.p99_ms ?? Infinity) <= goal.p99_ms;
}

function textOf(goal: Goal): string {
  const parts = [goal.least === undefined ? "" : `>= ${goal.least}`, goal.most === undefined ? "" : `<= ${goal.most}`, goal.p99_ms === undefined ? "" : `p99 <= ${goal.p99_ms}`];
  return parts.filter(Boolean).join(", ");
}

/** Prints one JSON line a figure on standard output at once, and at the end a table with the goals on standard error. */
export class Report {
  private readonly figures: (Figure & { load: number })[] = [];

  add(figure: Figure): void {
    // Whoever reads a figure should see whether the machine had other work.
    const measured = { ...figure, load: Number((loadavg()[0] ?? 0).toFixed(1)) };
    const rounded = Object.fromEntries(Object.entries(measured).map(([key, value]) => [key, typeof value === "number" ? Number(value.toPrecision(6)) : value]));
    console.log(JSON.stringify(rounded));
    this.figures.push(measured);
  }

  printTable(): void {
    const row = (cells: string[]) => console.error(cells.map((cell, at) => (at === 0 || at === 2 || at > 7 ? cell.padEnd(at === 0 ? 28 : 11) : cell.padStart(9))).join(" ").trimEnd());
    row(["figure", "value", "unit", "p50 ms", "p99 ms", "worst ms", "CPU us", "load", "goal", ""]);
    for (const figure of this.figures) {
      const goal = goalOf(figure.name);
      const verdict = goal ? (isMet(goal, figure) ? "met" : "MISSED") : "";
      row([figure.name, round(figure.value), figure.unit, round(figure.p50_ms), round(figure.p99_ms), round(figure.worst_ms), round(figure.cpu_us), String(figure.load), goal ? textOf(goal) : "", verdict]);
    }
  }
}

/** `share` is 0 to 1; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export const timesOf = (values: readonly number[]) => ({ p50_ms: percentile(values, 0.5), p99_ms: percentile(values, 0.99), worst_ms: percentile(values, 1) });

/** A figure that cannot be measured is no figure. */
export function require(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
