import { expect, test, vi } from "vitest";
import { body, onSessionEnded } from "./client";

const answer = (status: number) => Promise.resolve({ response: new Response(null, { status }), error: { code: "some.code", detail: "why" } });

test("A refusal of who one is, or of a right, asks who one is now; other refusals do not", async () => {
  const ask = vi.fn();
  onSessionEnded(ask);
  await expect(body(answer(422))).rejects.toMatchObject({ code: "some.code" });
  expect(ask).not.toHaveBeenCalled();
  await expect(body(answer(403))).rejects.toMatchObject({ status: 403 });
  await expect(body(answer(401))).rejects.toMatchObject({ status: 401 });
  expect(ask).toHaveBeenCalledTimes(2);
});
