// What ComputeHub's tasks are measured beside: BullMQ on a Redis that listens on a socket file.
//
//   node main.js SOCKET
//
// Prints one JSON line a figure. Names, producers, slots, numbers and the text of a task are those of ComputeHub's
// figures in ../../tasks. Tasks are put in by this process and worked off by another (worker.js), so that two cores
// have work. The clock of both is the machine's.
import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Queue } from "bullmq";
import { Redis } from "ioredis";

const INPUT = "Say in one sentence what a queue promises.";
const TASKS = 20_000;
const ENQUEUE_MS = 4_000;
const PER_SECOND = 500;
const WARM_UP = 1_000;
const TIMED = 5_000;
const BULK = 1_000;
// What is completed is gone, as it is with asynq.
const OPTIONS = { removeOnComplete: true };

const socket = process.argv[2];
if (!socket) throw new Error("usage: node main.js SOCKET");
const redis = new Redis({ path: socket });
const queue = new Queue("bench", { connection: { path: socket } });
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
const tell = (figure) => console.log(JSON.stringify(figure));
const clear = () => redis.flushall();

/** Calls `step` again and again in each of `count` producers until it says that it was the last. */
async function produce(count, step) {
  const producer = async () => {
    while (await step());
  };
  await Promise.all(Array.from({ length: count }, producer));
}

/** Tasks taken in while nothing takes them out; `put` adds so many at once. */
async function enqueue(name, producers, size, put) {
  await clear();
  let taken = 0;
  const start = nowMs();
  await produce(producers, async () => {
    await put();
    taken += size;
    return nowMs() - start < ENQUEUE_MS;
  });
  tell({ name, value: (taken * 1e3) / (nowMs() - start), unit: "tasks/s", n: taken });
}

const putOne = () => queue.add("noop", { text: INPUT }, OPTIONS);
const many = Array.from({ length: BULK }, () => ({ name: "noop", data: { text: INPUT }, opts: OPTIONS }));
const putMany = () => queue.addBulk(many);

/** The process that works off `tasks`; `ended` becomes what it found when all are completed. */
async function startWorker(slots, tasks) {
  const worker = fork(new URL("worker.js", import.meta.url), [socket, String(slots), String(tasks)]);
  const next = () =>
    new Promise((resolve, reject) => {
      const gone = (code) => reject(new Error(`the worker ended with ${code}`));
      worker.once("exit", gone);
      worker.once("message", (message) => {
        worker.off("exit", gone);
        resolve(message);
      });
    });
  await next();
  return { ended: next() };
}

/** Tasks taken in and completed, from the first request until the last is marked as completed. */
async function done(slots) {
  await clear();
  const worker = await startWorker(slots, TASKS);
  let next = 0;
  const start = nowMs();
  await produce(16, async () => {
    if (next >= TASKS) return false;
    ++next;
    await putOne();
    return true;
  });
  const { at } = await worker.ended;
  tell({ name: `done.post.${slots}_slots`, value: (TASKS * 1e3) / (at - start), unit: "tasks/s", n: TASKS });
}

/** A task from its request until it is marked as completed, at a steady pace. */
async function latency() {
  await clear();
  const worker = await startWorker(50, WARM_UP + TIMED);
  let next = 0;
  const start = nowMs();
  await produce(16, async () => {
    const number = next++;
    if (number >= WARM_UP + TIMED) return false;
    const wait = start + (number * 1e3) / PER_SECOND - nowMs();
    if (wait > 0) await sleep(wait);
    await queue.add("noop", { text: INPUT, number, sent: nowMs() }, OPTIONS);
    return true;
  });
  const { took } = await worker.ended;
  const timed = took.slice(WARM_UP).sort((a, b) => a - b);
  const share = (part) => timed[Math.floor(TIMED * part)];
  tell({ name: "latency", value: PER_SECOND, unit: "tasks/s", n: TIMED, p50_ms: share(0.5), p99_ms: share(0.99) });
}

await enqueue("enqueue.16", 16, 1, putOne);
await enqueue("enqueue.64", 64, 1, putOne);
await enqueue("enqueue.bulk_1000", 4, BULK, putMany);
for (const slots of [50, 200]) await done(slots);
await latency();
await queue.close();
redis.disconnect();
