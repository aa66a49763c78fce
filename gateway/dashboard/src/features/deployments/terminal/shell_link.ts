import { backoffMs } from "@/live/backoff";

/** In characters. */
export interface Size {
  cols: number;
  rows: number;
}

/** One connection to a shell, as a browser has it. */
export interface ShellSocket {
  sendBytes(bytes: Uint8Array): void;
  sendText(text: string): void;
  close(): void;
  onbytes: ((bytes: Uint8Array) => void) | null;
  ontext: ((text: string) => void) | null;
  onopen: (() => void) | null;
  onclose: (() => void) | null;
}

export type ShellState =
  | { phase: "opening" | "open" | "resuming" }
  | { phase: "ended"; code: string; text: string; exitCode?: number };

export interface Surroundings {
  /** `query`: session, cols, rows, resume, received. */
  connect(query: Record<string, string>): ShellSocket;
  /** Why a connection with this query is refused, if it is: a browser does not tell of a handshake. */
  whyRefused(query: Record<string, string>): Promise<{ code: string; text: string } | undefined>;
  random?: () => number;
  /** Returns what takes it back. */
  setTimer(run: () => void, ms: number): () => void;
  /** What is to be shown; `shown` is to be called when it is. */
  onBytes(bytes: Uint8Array, shown: () => void): void;
  /** The screen is to be cleared: what comes next does not follow what was there. */
  onStartOver(): void;
  onState(state: ShellState): void;
}

/** Of a paste. The server takes 256 KiB a message. */
const pieceMax = 64 * 1024;
/** Bytes that are worked off before the server is told: it stops at a MiB beyond what it was told. */
const takenStep = 128 * 1024;

/**
 * One shell, over as many connections as it takes. Behind a cut it asks for what it has not had yet, so that no byte
 * is lost or shown twice; the server keeps the shell for 60 s.
 */
export class ShellLink {
  private socket: ShellSocket | undefined;
  private cancelTimer: (() => void) | undefined;
  private received = 0;
  private shownHere = 0;
  private toldHere = 0;
  private tries = 0;
  private isOver = false;

  constructor(
    private readonly session: string,
    private size: Size,
    private readonly around: Surroundings,
  ) {}

  /** `resume`: only the shell that is there. */
  open(resume: boolean): void {
    this.around.onState({ phase: resume ? "resuming" : "opening" });
    this.connect(resume);
  }

  type(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += pieceMax) this.socket?.sendBytes(bytes.subarray(at, at + pieceMax));
  }

  resize(size: Size): void {
    if (size.cols === this.size.cols && size.rows === this.size.rows) return;
    this.size = size;
    this.socket?.sendText(JSON.stringify({ type: "resize", ...size }));
  }

  /** Ends the shell. */
  end(): void {
    this.socket?.sendText(JSON.stringify({ type: "exit" }));
  }

  /** Ends the connection; the shell can be come back to for a while. */
  leave(): void {
    this.isOver = true;
    this.cancelTimer?.();
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  /** Tries now what would be tried later. */
  hurry(): void {
    if (!this.cancelTimer) return;
    this.cancelTimer();
    this.cancelTimer = undefined;
    this.connect(true);
  }

  private connect(resume: boolean): void {
    const query: Record<string, string> = { session: this.session, cols: String(this.size.cols), rows: String(this.size.rows) };
    if (resume) Object.assign(query, { resume: "true", received: String(this.received) });
    const socket = this.around.connect(query);
    // Bytes that came are the shell's, whichever connection brought them: this one may be the first that is.
    this.socket = socket;
    this.shownHere = this.toldHere = 0;
    let isOpen = false;
    socket.onopen = () => {
      isOpen = true;
      this.tries = 0;
      // From the first word on the server waits for what is worked off.
      socket.sendText(JSON.stringify({ type: "taken", bytes: 0 }));
      this.around.onState({ phase: "open" });
    };
    socket.onbytes = (bytes) => {
      if (this.socket !== socket) return;
      this.received += bytes.length;
      this.around.onBytes(bytes, () => this.shown(socket, bytes.length));
    };
    socket.ontext = (text) => this.socket === socket && this.hear(JSON.parse(text) as Record<string, unknown>);
    socket.onclose = () => {
      if (this.socket !== socket) return;
      if (isOpen) this.cut(this.received > 0 || resume);
      else void this.askWhy(query, resume);
    };
  }

  private shown(socket: ShellSocket, count: number): void {
    if (this.socket !== socket) return;
    this.shownHere += count;
    if (this.shownHere - this.toldHere < takenStep) return;
    this.toldHere = this.shownHere;
    socket.sendText(JSON.stringify({ type: "taken", bytes: this.shownHere }));
  }

  private hear(message: Record<string, unknown>): void {
    if (message.type === "start_over") {
      this.received = Number(message.at);
      this.around.onStartOver();
    }
    // Another connection of ours is at it, which was cut: it will be there in a moment.
    if (message.type === "exit" && message.code === "terminal.opening") this.socket?.close();
    else if (message.type === "exit") this.finish(String(message.code), String(message.text), message.exit_code);
  }

  private finish(code: string, text: string, exitCode?: unknown): void {
    this.leave();
    this.around.onState({ phase: "ended", code, text, ...(typeof exitCode === "number" ? { exitCode } : {}) });
  }

  private async askWhy(query: Record<string, string>, resume: boolean): Promise<void> {
    this.socket = undefined;
    const why = await this.around.whyRefused(query);
    if (this.isOver) return;
    if (why) this.finish(why.code, why.text);
    else this.cut(resume);
  }

  /** Without a word of why. `hasShell`: there is, or was, a shell to come back to. */
  private cut(hasShell: boolean): void {
    this.socket = undefined;
    if (this.isOver) return;
    this.around.onState({ phase: hasShell ? "resuming" : "opening" });
    this.cancelTimer = this.around.setTimer(() => {
      this.cancelTimer = undefined;
      this.connect(hasShell);
    }, backoffMs(this.tries++, this.around.random));
  }
}
