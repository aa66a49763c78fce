import i18next from "i18next";
import createClient from "openapi-fetch";
import type { components, paths } from "@generated/api";
import { newIdempotencyKey } from "./idempotency_key";

export type Schemas = components["schemas"];
export type Deployment = Schemas["Deployment"];
export type Task = Schemas["Task"];
export type ListedTask = Schemas["ListedTask"];
export type Model = Schemas["Model"];
export type LogLine = Schemas["LogLine"];
export type CloudEvent = Schemas["CloudEvent"];

/** Why the server refused (RFC 9457), or `code: "network"` when none answered. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly field?: string,
  ) {
    super(detail);
  }
}

let endOfSession: () => void = () => undefined;

/** What to do when the server does not know us any more, or knows other rights of ours than the page does. */
export function onSessionEnded(run: () => void): void {
  endOfSession = run;
}

/** The server does not know us any more. */
export const sessionEnded = (): void => endOfSession();

/** No answer came: what was asked for may have been done or not. */
export const noAnswer = (): Problem => new Problem(0, "network", i18next.t("lists.noAnswer"));

export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin" });

api.use({
  onRequest({ request }) {
    // Each call is one of its own; who may have to repeat one gives its key (attempts.ts).
    if (request.method === "POST" && !request.headers.has("Idempotency-Key")) request.headers.set("Idempotency-Key", newIdempotencyKey());
    return request;
  },
  onError() {
    return noAnswer();
  },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The JSON of an answer; the same address may have text for who asks for it. Throws a Problem when it was refused. */
export async function body<T>(asked: Promise<Answer<T>>): Promise<Exclude<T, string>> {
  const { data, error, response } = await asked;
  if (response.ok) return data as Exclude<T, string>;
  const problem = problemOf(response.status, error);
  if (problem.status === 401 || problem.status === 403) endOfSession();
  throw problem;
}

export function problemOf(status: number, error: unknown): Problem {
  const given = (error ?? {}) as Partial<Schemas["Problem"]>;
  return new Problem(status, given.code ?? `http.${status}`, given.detail ?? given.title ?? `HTTP ${status}`, given.field);
}

export const isDeployment = (answer: Deployment | Schemas["CommandPending"]): answer is Deployment => "status" in answer;
