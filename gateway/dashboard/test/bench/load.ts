import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Hub } from "../browser/hub.ts";
import { require } from "./report.ts";

const kConnections = 16;

export interface Answer {
  id: string;
  created_at: string;
  updated_at: string;
  /** How many events it has seen, and its name behind the last of them. */
  version: number;
  name: string;
}

/** Requests over a bounded number of connections that stay open. */
export class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: kConnections });
  private readonly token: string;

  constructor(private readonly hub: Hub) {
    this.token = hub.token;
  }

  ask(method: string, path: string, body: unknown): Promise<Answer> {
    const text = JSON.stringify(body);
    const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const asked = request(this.hub.url + path, { method, headers, agent: this.agent }, (answer) => {
        let said = "";
        answer.setEncoding("utf8").on("data", (part: string) => (said += part));
        answer.on("end", () => ((answer.statusCode ?? 0) < 300 ? resolve(JSON.parse(said) as Answer) : reject(new Error(`${method} ${path}: ${answer.statusCode} ${said}`))));
      });
      asked.on("error", reject).end(text);
    });
  }

  stop(): void {
    this.agent.destroy();
  }
}

/** Calls `send` for 0 … count-1, `perSecond` of them, whether or not those before have been answered. */
export async function atRate<T>(count: number, perSecond: number, send: (n: number) => Promise<T>): Promise<T[]> {
  const start = performance.now();
  const sent: Promise<T>[] = [];
  while (sent.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - start) * perSecond) / 1_000) + 1);
    while (sent.length < due) sent.push(send(sent.length));
    await sleep(1);
  }
  const answers = await Promise.all(sent);
  const took = (performance.now() - start) / 1_000;
  require(took < (count / perSecond) * 1.15 + 1, `${count} changes took ${took.toFixed(1)} s: the server or this machine does not keep up with ${perSecond}/s`);
  return answers;
}

/** The same numbers in each run. */
export function numbers(seed = 1): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
