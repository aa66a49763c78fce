// Takes the schemas of forms out of the bundled OpenAPI document: schemas.mjs OPENAPI.json OUT.json
import { readFileSync, writeFileSync } from "node:fs";

const [, , from, to] = process.argv;
const { schemas } = JSON.parse(readFileSync(from, "utf8")).components;
const wanted = {};

/** Copies `name` and all that it refers to, as definitions. */
function take(name) {
  if (name in wanted) return;
  const text = JSON.stringify(schemas[name]);
  wanted[name] = JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/"));
  for (const [, other] of text.matchAll(/#\/components\/schemas\/([A-Za-z0-9_]+)/g)) take(other);
}

take("CreateDeployment");
take("PatchDeployment");
writeFileSync(to, JSON.stringify({ $ref: "#/$defs/CreateDeployment", $defs: wanted }));
