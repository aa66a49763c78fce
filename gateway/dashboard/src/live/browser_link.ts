import { Link, type Socket } from "./link";

function connect(): Socket {
  const address = new URL("/api/v1/live", window.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const web = new WebSocket(address, "computehub.v1");
  const socket: Socket = {
    send: (text) => web.send(text),
    close: () => web.close(),
    onopen: null,
    onmessage: null,
    onclose: null,
  };
  web.onopen = () => socket.onopen?.();
  web.onmessage = ({ data }) => socket.onmessage?.(String(data));
  web.onclose = () => socket.onclose?.();
  return socket;
}

/** The page's connection. `doubt` is called when it was cut: the session may have ended. */
export function browserLink(doubt: () => void): Link {
  return new Link({
    connect,
    doubt,
    setTimer: (run, ms) => {
      const timer = window.setTimeout(run, ms);
      return () => window.clearTimeout(timer);
    },
  });
}

/** Has the link look at once whether it still stands, when the network or who looks at the page is back. */
export function hurryOnReturn(link: Link): () => void {
  const onOnline = () => link.hurry();
  const onVisible = () => document.visibilityState === "visible" && link.hurry();
  window.addEventListener("online", onOnline);
  document.addEventListener("visibilitychange", onVisible);
  return () => {
    window.removeEventListener("online", onOnline);
    document.removeEventListener("visibilitychange", onVisible);
  };
}

/** Flushes before the next frame is drawn; in a page that nobody sees, where none is drawn, in a moment. */
export function beforeNextFrame(flush: () => void): void {
  if (document.visibilityState === "visible") requestAnimationFrame(flush);
  else setTimeout(flush, 200);
}
