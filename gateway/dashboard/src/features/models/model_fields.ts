import type { Model } from "@/api/client";

export type Type = "openai" | "local" | "custom";
export const types: Type[] = ["openai", "local", "custom"];

export type Field = "name" | "base_url" | "model" | "host" | "port" | "model_path" | "url" | "request_template" | "result_pointer" | "max_tokens" | "temperature" | "max_workers" | "max_queue_size" | "prompt" | "completion";
export type Fields = Record<Field, string>;

export const ofType: Record<Type, Field[]> = {
  openai: ["base_url", "model", "max_tokens", "temperature"],
  local: ["host", "port", "model_path", "max_tokens", "temperature"],
  custom: ["url", "model", "result_pointer", "request_template"],
};
const numeric = new Set<Field>(["port", "max_tokens", "temperature", "max_workers", "max_queue_size", "prompt", "completion"]);

export function fieldsOf(model: Model | undefined): Fields {
  const text = (value: unknown) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));
  return {
    name: text(model?.name), base_url: text(model?.base_url), model: text(model?.model), host: text(model?.host), port: text(model?.port),
    model_path: text(model?.model_path), url: text(model?.url), request_template: text(model?.request_template), result_pointer: text(model?.result_pointer),
    max_tokens: text(model?.max_tokens), temperature: text(model?.temperature), max_workers: text(model?.max_workers), max_queue_size: text(model?.max_queue_size),
    prompt: model ? String((model.price.prompt_usd_micro_per_million ?? 0) / 1e6) : "", completion: model ? String((model.price.completion_usd_micro_per_million ?? 0) / 1e6) : "",
  };
}

/** What is sent: empty fields of a new model are left out, emptied ones of an old one are taken away (null). */
export function bodyOf(type: Type, fields: Fields, before: Fields | undefined): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const field of ["name", "max_workers", "max_queue_size", ...ofType[type]] as Field[]) {
    const value = fields[field].trim();
    if (before && value === before[field]) continue;
    if (value === "") {
      if (before) given[field] = null;
    } else if (field === "request_template" && /^\s*[[{]/.test(value)) given[field] = JSON.parse(value);
    else given[field] = numeric.has(field) ? Number(value) : value;
  }
  const isPriced = !before || fields.prompt !== before.prompt || fields.completion !== before.completion;
  const micro = (value: string) => Math.round(Number(value || 0) * 1e6);
  if (isPriced && (fields.prompt || fields.completion)) given.price = { prompt_usd_micro_per_million: micro(fields.prompt), completion_usd_micro_per_million: micro(fields.completion) };
  return given;
}

export const sameList = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one, at) => one === b[at]);

/** What a change was, as its form knows it. */
export interface ModelEdit {
  fields: Fields;
  fallbacks: readonly string[];
}
export const editOf = (model: Model): ModelEdit => ({ fields: fieldsOf(model), fallbacks: model.fallbacks });

/** What is sent of an edit: what is another than `before`, or all of a new model. */
export function givenOf(type: Type, edit: ModelEdit, before: ModelEdit | undefined): Record<string, unknown> {
  const isSame = sameList(edit.fallbacks, before?.fallbacks ?? []);
  return { ...bodyOf(type, edit.fields, before?.fields), ...(isSame ? {} : { fallbacks: edit.fallbacks }) };
}

/** Whether what an edit changed still stands as it left it: then it can be put back. */
export function stands(type: Type, before: ModelEdit, after: ModelEdit, now: ModelEdit): boolean {
  const changed = Object.keys(givenOf(type, before, after));
  const since = Object.keys(givenOf(type, after, now));
  return !changed.some((field) => since.includes(field));
}
