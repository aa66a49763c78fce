import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { en } from "./en";
import { zh } from "./zh";

type Texts = { [key: string]: string | Texts };

function flat(texts: Texts, at = ""): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") all.set(at + key, value);
    else for (const [inner, text] of flat(value, `${at}${key}.`)) all.set(inner, text);
  }
  return all;
}

const english = flat(en);
const chinese = flat(zh);
const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();
const sources = (readdirSync(join(import.meta.dirname, ".."), { recursive: true }) as string[]).filter((path) => /\.tsx?$/.test(path) && !path.includes("i18n"));

test("Every English text is there in Chinese, with the same figures in it", () => {
  for (const [key, text] of english) {
    if (key.endsWith("_one")) continue;
    const other = chinese.get(key);
    expect(other, key).toBeTruthy();
    expect(holes(other ?? ""), key).toEqual(holes(text));
  }
});

test("No Chinese text stands for an English one that is gone, and none was left in English", () => {
  for (const [key, text] of chinese) {
    expect(english.has(key), key).toBe(true);
    const isName = /^(CPU|GPU|API|p50|\W|\d|\{\{\w+\}\})*$/.test(text);
    if (text === english.get(key)) expect(isName, key).toBe(true);
  }
});

test("Every text that the pages ask for is there", () => {
  const missing: string[] = [];
  for (const path of sources) {
    const source = readFileSync(join(import.meta.dirname, "..", path), "utf8");
    for (const [, key] of source.matchAll(/\bt\(\s*"([\w.-]+)"/g))
      if (key && ![key, `${key}_other`].some((one) => english.has(one))) missing.push(`${path}: ${key}`);
  }
  expect(missing).toEqual([]);
});

test("No text stays that no page asks for", () => {
  const all = sources.map((path) => readFileSync(join(import.meta.dirname, "..", path), "utf8")).join("\n");
  const asked = (key: string) => {
    const plain = key.replace(/_(one|other)$/, "");
    if (all.includes(`"${plain}"`)) return true;
    // `a.b.${which}`: whatever stands for the last parts.
    const parts = plain.split(".");
    return parts.some((_, at) => at > 0 && all.includes(`\`${parts.slice(0, at).join(".")}.\${`));
  };
  expect([...english.keys()].filter((key) => !asked(key))).toEqual([]);
});
