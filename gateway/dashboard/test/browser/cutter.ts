import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A way to a server that can be cut: every connection over it is broken off at once, in both directions. */
export class Cutter {
  private readonly sockets = new Set<Socket>();
  private bytesLeft = Infinity;
  private isShut = false;
  private constructor(
    readonly url: string,
    private readonly end: () => void,
  ) {}

  static async before(url: string): Promise<Cutter> {
    const { hostname, port } = new URL(url);
    const server = createServer((browser) => {
      if (cutter.isShut) return void browser.resetAndDestroy();
      const there = connect(Number(port), hostname);
      for (const [one, other] of [[browser, there], [there, browser]] as const) {
        cutter.sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          cutter.sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
      there.on("data", (piece) => {
        cutter.bytesLeft -= piece.length;
        if (cutter.bytesLeft < 0) cutter.cut();
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const cutter = new Cutter(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => server.close());
    return cutter;
  }

  cut(): void {
    this.bytesLeft = Infinity;
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Cuts, and lets nothing through until `open`. */
  shut(): void {
    this.isShut = true;
    this.cut();
  }

  open(): void {
    this.isShut = false;
  }

  /** Cuts once so much more of what the server says has come through. */
  cutAfterBytes(bytes: number): void {
    this.bytesLeft = bytes;
  }

  stop(): void {
    this.end();
    this.cut();
  }
}
