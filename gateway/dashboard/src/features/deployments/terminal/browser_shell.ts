import type { ShellSocket } from "./shell_link";

function addressOf(deployment: string, query: Record<string, string>): URL {
  const address = new URL(`/api/v1/deployments/${encodeURIComponent(deployment)}/terminal`, window.location.href);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address;
}

export function connectShell(deployment: string, query: Record<string, string>): ShellSocket {
  const address = addressOf(deployment, query);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const web = new WebSocket(address);
  web.binaryType = "arraybuffer";
  const say = (data: string | Uint8Array<ArrayBuffer>) => {
    if (web.readyState === WebSocket.OPEN) web.send(data);
  };
  const socket: ShellSocket = {
    sendBytes: (bytes) => say(new Uint8Array(bytes)),
    sendText: say,
    close: () => web.close(),
    onbytes: null,
    ontext: null,
    onopen: null,
    onclose: null,
  };
  web.onopen = () => socket.onopen?.();
  web.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) =>
    typeof data === "string" ? socket.ontext?.(data) : socket.onbytes?.(new Uint8Array(data));
  web.onclose = () => socket.onclose?.();
  return socket;
}

/** Asks the same by HTTP: who would be let in is told that this address speaks WebSocket only. */
export async function whyRefused(deployment: string, query: Record<string, string>): Promise<{ code: string; text: string } | undefined> {
  try {
    const answer = await fetch(addressOf(deployment, query), { headers: { Accept: "application/json" } });
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    return code === "websocket.expected" || answer.status >= 500 ? undefined : { code, text: detail };
  } catch {
    return undefined;
  }
}

const key = (deployment: string) => `terminal:${deployment}`;

/** The name of this tab's shell in a deployment, kept over a reload of the page. It opens nothing by itself. */
export const sessionNames = {
  of: (deployment: string): string | undefined => sessionStorage.getItem(key(deployment)) ?? undefined,
  make(deployment: string): string {
    const name = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem(key(deployment), name);
    return name;
  },
  forget: (deployment: string) => sessionStorage.removeItem(key(deployment)),
};
