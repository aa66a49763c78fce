import { expect, test } from "vitest";
import type { Model } from "@/api/client";
import { moved } from "./fallbacks";
import { editOf, givenOf, stands } from "./model_fields";

const model = { name: "small", base_url: null, model: "tiny", max_tokens: 100, temperature: null, max_workers: 2, max_queue_size: 10, price: { prompt_usd_micro_per_million: 150_000, completion_usd_micro_per_million: 0 }, fallbacks: ["mdl_a", "mdl_b"] } as unknown as Model;
const before = editOf(model);
const after = { fields: { ...before.fields, model: "large", max_tokens: "" }, fallbacks: ["mdl_b", "mdl_a"] };

test("Of an edit what is another is sent, the order of fallbacks too, and the other way round puts it back", () => {
  expect(givenOf("openai", after, before)).toEqual({ model: "large", max_tokens: null, fallbacks: ["mdl_b", "mdl_a"] });
  expect(givenOf("openai", before, after)).toEqual({ model: "tiny", max_tokens: 100, fallbacks: ["mdl_a", "mdl_b"] });
  expect(givenOf("openai", before, before)).toEqual({});
});

test("An edit stands until somebody changes the same again", () => {
  expect(stands("openai", before, after, after)).toBe(true);
  expect(stands("openai", before, after, { ...after, fields: { ...after.fields, name: "other" } })).toBe(true);
  expect(stands("openai", before, after, { ...after, fields: { ...after.fields, model: "third" } })).toBe(false);
  expect(stands("openai", before, after, { ...after, fallbacks: [] })).toBe(false);
});

test("A fallback is moved by one place, and not beyond the ends", () => {
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
});
