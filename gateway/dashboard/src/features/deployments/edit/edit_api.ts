import { api, body, isDeployment, Problem, type Deployment } from "@/api/client";
import { conflictsOf, fieldsOf, type Change, type Conflict } from "./edit";

const one = (id: string) => ({ path: { id } });

/** What was to be changed has been changed by somebody else. */
export class Overtaken extends Error {
  constructor(
    readonly conflicts: Conflict[],
    readonly is: Deployment,
  ) {
    super("changed meanwhile");
  }
}

/**
 * Changes a deployment that is still as `was` in what is changed; throws Overtaken when it is not. It is read before it is
 * written, since a change takes no version: who writes within the same few milliseconds is not seen.
 */
export async function change(was: Deployment, given: Change): Promise<Deployment> {
  const is = await body(api.GET("/api/v1/deployments/{id}", { params: { ...one(was.id), query: { min_pos: was.position } } }));
  const conflicts = conflictsOf(was, is, fieldsOf(given));
  if (conflicts.length > 0) throw new Overtaken(conflicts, is);
  const answer = await body(api.PATCH("/api/v1/deployments/{id}", { params: one(was.id), body: given }));
  if (!isDeployment(answer)) throw new Problem(202, "command.pending", "it was taken, and is not done yet");
  return answer;
}
