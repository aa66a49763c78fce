import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An OpenAI-compatible server that says what the test tells it to say, when it tells it. */
export class ModelServer {
  private readonly waiting: ((response: ServerResponse) => void)[] = [];
  private readonly calls: ServerResponse[] = [];
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<ModelServer> {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      const next = made.waiting.shift();
      if (next) next(response);
      else made.calls.push(response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const made = new ModelServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, server);
    return made;
  }

  /** The next call. */
  call(): Promise<Call> {
    const there = this.calls.shift();
    if (there) return Promise.resolve(new Call(there));
    return new Promise((resolve) => this.waiting.push((response) => resolve(new Call(response))));
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

export class Call {
  constructor(private readonly response: ServerResponse) {}

  say(content: string): void {
    this.response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
  }

  end(): void {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
    this.response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n`);
    this.response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  }
}
