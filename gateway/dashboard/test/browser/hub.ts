import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const binary = resolve(process.env.HUB_BINARY ?? join(import.meta.dirname, "../../../../build/release/computehub"));

/** A server of its own, with its data in a folder that goes with it. */
export class Hub {
  readonly folder = mkdtempSync(join(tmpdir(), "hub-browser-"));
  private process: ChildProcess | undefined;
  url = "";

  private readonly options: string[];

  /** `options` are further ones of `serve`. It runs from `begin` on. */
  constructor(...options: string[]) {
    this.options = options;
  }

  static async start(...options: string[]): Promise<Hub> {
    const hub = new Hub(...options);
    await hub.begin();
    return hub;
  }

  begin(): Promise<void> {
    return this.run("127.0.0.1:0");
  }

  private async run(listen: string): Promise<void> {
    const server = spawn(binary, ["serve", "--dev", "--listen", listen, "--data", this.folder, ...this.options], { stdio: ["ignore", "pipe", "pipe"] });
    this.process = server;
    let said = "";
    server.stderr.on("data", (text) => (said += String(text)));
    for await (const line of createInterface(server.stdout)) {
      const found = /^listening on (http:\S+)/.exec(line);
      if (!found?.[1]) continue;
      this.url = found[1];
      // Read on: a full pipe would stop the server.
      server.stdout.resume();
      await this.ready();
      return;
    }
    throw new Error(`the server did not start:\n${said}`);
  }

  private async ready(): Promise<void> {
    const answer = await fetch(`${this.url}/api/v1/system/health`);
    if (answer.status !== 200) return this.ready();
  }

  get token(): string {
    return readFileSync(join(this.folder, "keys/dev-token"), "utf8").trim();
  }

  async ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown, token = this.token): Promise<T> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  /** A file of a workspace. */
  async put(path: string, content: string): Promise<void> {
    const answer = await fetch(this.url + path, {
      method: "PUT",
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/octet-stream" },
      body: content,
    });
    if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status} ${await answer.text()}`);
  }

  /** Asks for a deployment of `sh -c script`, and waits until it runs or has ended. */
  async deploy(name: string, script: string, more: object = {}): Promise<string> {
    const given = { name, provider: "local", command: ["sh", "-c", script], ...more };
    return (await this.ask<{ id: string }>("POST", "/api/v1/deployments?wait=running", given)).id;
  }

  /** kill -9, and the same server again at the same address. */
  async crash(): Promise<void> {
    await this.kill();
    await this.revive();
  }

  kill(): Promise<void> {
    return this.end("SIGKILL");
  }

  /** It stays, and does nothing until it is let go on. */
  hang(): void {
    this.process?.kill("SIGSTOP");
  }

  goOn(): void {
    this.process?.kill("SIGCONT");
  }

  revive(): Promise<void> {
    return this.run(new URL(this.url).host);
  }

  /** Stops it, has its folder changed, and starts it again at the same address. */
  async changed(change: (tool: (name: string, input: string, ...args: string[]) => string) => void): Promise<void> {
    await this.end("SIGTERM");
    // Tools that the build puts beside the binary.
    change((name, input, ...args) => execFileSync(join(binary, "../tests", name), args, { input, encoding: "utf8" }).trim());
    await this.run(new URL(this.url).host);
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const server = this.process;
    this.process = undefined;
    if (!server || server.exitCode !== null) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    // What was started goes with its server: deployments outlive one that only stops.
    if (this.process) {
      const { items } = await this.ask<{ items: { id: string; status: string }[] }>("GET", "/api/v1/deployments?page_size=1000");
      for (const { id, status } of items) if (status !== "stopped") await this.ask("DELETE", `/api/v1/deployments/${id}?wait=deleted`).catch(() => undefined);
    }
    await this.end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
