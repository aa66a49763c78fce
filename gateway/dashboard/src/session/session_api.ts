import { Problem, problemOf, type Schemas } from "@/api/client";

export type Session = Schemas["Session"];
export type SignIn = { token: string } | { dev: true };

const address = "/api/v1/session";

async function ask(init: RequestInit): Promise<{ response: Response; answer: unknown }> {
  let response: Response;
  try {
    response = await fetch(address, { credentials: "same-origin", cache: "no-store", ...init });
  } catch {
    throw new Problem(0, "network", "no answer from the server");
  }
  const text = await response.text();
  return { response, answer: jsonOf(text) };
}

/** What stands between us and the server may answer with a page of its own. */
function jsonOf(text: string): unknown {
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

interface Known {
  session?: Session;
  isDev: boolean;
}

let early: Promise<Known> | undefined;

/** Asks before anything is drawn, and before a page's script is fetched: all of it waits for this answer. */
export function askEarly(): void {
  early = readNow();
  early.catch(() => undefined);
}

/** Who is signed in, if anybody, and whether the server lets in without a token. */
export function readSession(): Promise<Known> {
  const asked = early ?? readNow();
  early = undefined;
  return asked;
}

async function readNow(): Promise<Known> {
  const { response, answer } = await ask({ method: "GET" });
  if (response.ok) return { session: answer as Session, isDev: (answer as Session).dev };
  if (response.status !== 401) throw problemOf(response.status, answer);
  return { isDev: (answer as { dev?: boolean } | undefined)?.dev === true };
}

/** Trades a token for a session, whose cookie the answer sets. The token is not kept. */
export async function signIn(how: SignIn): Promise<Session> {
  const headers = { "Content-Type": "application/json" };
  const { response, answer } = await ask({ method: "POST", headers, body: JSON.stringify(how) });
  if (!response.ok) throw problemOf(response.status, answer);
  return answer as Session;
}

export async function signOut(): Promise<void> {
  // What was asked before is not so any more.
  early = undefined;
  const { response, answer } = await ask({ method: "DELETE" });
  if (!response.ok && response.status !== 401) throw problemOf(response.status, answer);
}
