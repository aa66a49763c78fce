// Works off tasks that do nothing: node worker.js SOCKET SLOTS TASKS. Tells its parent when it is ready, and when so
// many are completed: the time of the last one, and how long each took that says when it was sent.
import { Worker } from "bullmq";

const [socket, slots, tasks] = process.argv.slice(2);
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
const took = [];
let completed = 0;

const worker = new Worker("bench", async () => null, { connection: { path: socket }, concurrency: Number(slots) });
worker.on("completed", async (job) => {
  const at = nowMs();
  if (job.data.sent !== undefined) took[job.data.number] = at - job.data.sent;
  if (++completed < Number(tasks)) return;
  process.send({ at, took });
  await worker.close();
  process.disconnect();
});
worker.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
await worker.waitUntilReady();
process.send({ ready: true });
