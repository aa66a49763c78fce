// Figures of the page in Debian's Chromium on the real server: main.ts [--minutes N] [--profiles FOLDER] [FIGURE …].
import { launch } from "../browser/browser.ts";
import { measureChanges, measureTasks } from "./change_figures.ts";
import { measureMemory } from "./memory_figures.ts";
import { measurePaint } from "./paint_figures.ts";
import { Report } from "./report.ts";
import type { Bench } from "./scene.ts";
import { measureScroll } from "./scroll_figures.ts";

const subjects: Record<string, [about: string, measure: (bench: Bench) => Promise<void>]> = {
  changes: ["an event until the page shows it: 1,000 deployments, 200 changes a second", measureChanges],
  tasks: ["the same in the list of tasks, 66 tasks a second", measureTasks],
  paint: ["first paint and first rows with a cold cache; the scripts that are loaded", measurePaint],
  scroll: ["1,000,000 lines of a log, by the wheel and by jumps", measureScroll],
  memory: ["what 200 changes a second leave behind, over --minutes", measureMemory],
};

function usage(): never {
  const list = Object.entries(subjects).map(([name, [about]]) => `  ${name.padEnd(10)} ${about}`);
  console.error(["usage: ops/bench/run --dashboard [--minutes N] [--profiles FOLDER] [FIGURE ...]", ...list].join("\n"));
  process.exit(1);
}

const names: string[] = [];
const options = { minutes: 1, profiles: undefined as string | undefined };
for (const given = process.argv.slice(2); given.length > 0; ) {
  const one = given.shift() ?? "";
  if (one === "--minutes") options.minutes = Number(given.shift());
  else if (one === "--profiles") options.profiles = given.shift();
  else if (subjects[one]) names.push(one);
  else usage();
}
if (!(options.minutes > 0)) usage();

const browser = await launch();
const bench: Bench = { browser, report: new Report(), ...options };
try {
  for (const [name, [, measure]] of Object.entries(subjects)) if (names.length === 0 || names.includes(name)) await measure(bench);
} finally {
  await browser.close();
}
bench.report.printTable();
