/** Messages of the live WebSocket, as schemas/asyncapi.yaml has them. */
export type ServerMessage =
  | { type: "subscribed"; id: number; stream: string; recovered: boolean; cursor: string }
  | { type: "snapshot"; stream: string; cursor: string; data: unknown }
  | { type: "event"; stream: string; cursor: string; data: unknown }
  | { type: "unsubscribed"; id: number }
  | { type: "pong"; age_seconds?: number }
  | { type: "closed"; stream: string; code: string; cursor: string }
  | { type: "error"; id?: number; code: string; detail: string; field?: string };

export type ClientMessage =
  | { type: "subscribe"; id: number; stream: string; after?: string }
  | { type: "unsubscribe"; id: number }
  | { type: "ping" };

const known = new Set(["subscribed", "snapshot", "event", "unsubscribed", "pong", "closed", "error"]);

/** Reads one frame; undefined of what is no message that we know, which later servers may send. */
export function parseMessage(text: string): ServerMessage | undefined {
  try {
    const message = JSON.parse(text) as { type?: unknown } | null;
    if (message === null || typeof message !== "object" || typeof message.type !== "string") return undefined;
    return known.has(message.type) ? (message as ServerMessage) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether asking again can help: the reason lies in the moment, and not in the right or the name. */
export function isTransient(code: string): boolean {
  return !/^(auth|origin|host)\.|not_found$|unknown|\.id_needed$|\.stream_needed$|^cursor\./.test(code);
}
