import { Validator } from "@cfworker/json-schema";
import schema from "@generated/create_deployment.json";
import { fieldAt, type CreateDeployment, type Draft } from "./draft";

const validator = new Validator(schema as ConstructorParameters<typeof Validator>[0], "2020-12", false);

/** What schemas/openapi.yaml would have refused, by field of the form. Empty: nothing. */
export function faultsOf(request: CreateDeployment): Partial<Record<keyof Draft, string>> {
  const faults: Partial<Record<keyof Draft, string>> = {};
  // Numbers that are none are no JSON; the schema would see null.
  for (const error of validator.validate(JSON.parse(JSON.stringify(request))).errors) {
    const field = fieldAt(error.instanceLocation === "#" ? (/"([^"]+)"/.exec(error.error)?.[1] ?? "") : error.instanceLocation);
    // The last one is the innermost: it says what is wrong and not only where.
    if (field) faults[field] = error.error;
  }
  return faults;
}
