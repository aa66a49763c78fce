import { Validator } from "@cfworker/json-schema";
import schema from "@generated/create_deployment.json";
import { fieldAt, type CreateDeployment, type Draft } from "./draft";

type Schema = ConstructorParameters<typeof Validator>[0];
const creating = new Validator(schema as Schema, "2020-12", false);
const changing = new Validator({ ...schema, $ref: "#/$defs/PatchDeployment" } as Schema, "2020-12", false);

/** What is wrong with a field, as texts of `create.fault` name it. */
export type Fault = "needed" | "small" | "large" | "long" | "shape" | "open";

const faultOf: Record<string, Fault> = {
  required: "needed", minLength: "needed", minItems: "needed", minimum: "small", exclusiveMinimum: "small", maximum: "large",
  maxLength: "long", maxItems: "long", maxProperties: "long",
};

/** What schemas/openapi.yaml would have refused, by field of the form, as `fieldOf` finds it. Empty: nothing. */
function faultsIn<F extends string>(validator: Validator, request: object, fieldOf: (path: string) => F | undefined): Partial<Record<F, Fault>> {
  const faults: Partial<Record<F, Fault>> = {};
  // A number that is none would be null as JSON, which some fields may be.
  const text = JSON.stringify(request, (_, value: unknown) => (Number.isNaN(value) ? "no number" : value));
  for (const error of validator.validate(JSON.parse(text)).errors) {
    const field = fieldOf(error.instanceLocation === "#" ? (/"([^"]+)"/.exec(error.error)?.[1] ?? "") : error.instanceLocation);
    // The last one is the innermost: it says what is wrong and not only where.
    if (field) faults[field] = faultOf[error.keyword] ?? faults[field] ?? "shape";
  }
  return faults;
}

export const faultsOf = (request: CreateDeployment): Partial<Record<keyof Draft, Fault>> => faultsIn(creating, request, fieldAt);
export const faultsOfChange = <F extends string>(change: object, fieldOf: (path: string) => F | undefined): Partial<Record<F, Fault>> => faultsIn(changing, change, fieldOf);
