import { Problem } from "./client";
import { newIdempotencyKey } from "./idempotency_key";

/** An answer that says that the command is on its way (202): what becomes of it is not known yet. */
const isPending = (answer: unknown): boolean => answer !== null && typeof answer === "object" && !("id" in answer);

/** Refused: nothing was done. Anything else may have come through. */
const isRefused = (error: unknown): boolean => error instanceof Problem && error.status >= 400 && error.status < 500;

/**
 * Makes one thing, however often it is asked for: as long as nobody knows what became of a request, the same request goes
 * with the same Idempotency-Key. Once it was answered, or when something else is asked for, the next one is a new one.
 */
export class Attempts {
  private open: { of: string; key: string } | undefined;

  async send<T>(request: unknown, send: (key: string) => Promise<T>): Promise<T> {
    const of = JSON.stringify(request);
    if (this.open?.of !== of) this.open = { of, key: newIdempotencyKey() };
    try {
      const answer = await send(this.open.key);
      if (!isPending(answer)) this.open = undefined;
      return answer;
    } catch (error) {
      if (isRefused(error)) this.open = undefined;
      throw error;
    }
  }
}
