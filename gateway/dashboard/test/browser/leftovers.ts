import { hostname } from "node:os";
import type { Page } from "playwright-core";

const attributes = ["aria-label", "placeholder", "title", "alt", "aria-valuetext", "aria-description", "aria-roledescription"];

/**
 * Not the page's own words: commands, contents of files, ids, keys, hashes and other code; what a command wrote, and a shell; and
 * what the page itself says is in English, for whoever has it read out: what the server found out about itself.
 */
const notWords = "script, style, pre, code, .mono, [data-seq], .xterm, [aria-hidden=true], [lang=en]";

/** Names that are the same in every language, and what stands for a measure. */
const names = new Set(
  `ComputeHub Kafka RocksDB Boost CAF OpenSSL GCC glibc libcurl librdkafka simdjson OpenAI English Language
   API CPU GPU ID JSON CSV YAML PNG SSH HTTP UTC Shell shell Shift Shift+Esc Ctrl Escape KiB MiB GiB ms min`.split(/\s+/),
);
/** Values of the API's own fields, which are its words in every language: of a provider, a log, a project, a role, an owner. */
const values = new Set(["local", "openai", "embedded", "default", "system", "user", "dev"]);
/** Examples of what can be typed into a field. */
const examples = new Set(["8 GiB", "RTX 4090", "trainer", "/choices/0/text", "gpt-4o-mini", "https://api.openai.com/v1", "https://…", "team=vision", "EPOCHS=10\nHF_TOKEN=@HUGGINGFACE_TOKEN", "sh -c 'nvidia-smi; python train.py'", '{"input": "{{input}}"}']);

const isId = /^[a-z]{3}_[0-9a-z]{8,}$/;
/** As the API names them: an address, an event, a field, a code. */
const isName = /^(\/api\/v1\/.*|[a-z]\w*[./…?=][\w./…?=-]*|[a-z]+_[a-z_]+|p50|p95|p99|GMT[+-]\d+(:\d+)?|NAME=value|@NAME)$/;

/** Where something comes from, named as the API names it; an address; a command line. */
const quoted = /来源：\S+|https?:\/\/\S+|computehub audit verify/gu;

/** Words of the scene: what somebody has called something. */
export type Given = ReadonlySet<string>;

function isLegitimate(word: string, given: Given): boolean {
  return names.has(word) || values.has(word) || given.has(word) || word === hostname() || isId.test(word) || isName.test(word);
}

/** Latin words of a text that are none of those which are the same in Chinese. */
export function leftoversOf(text: string, given: Given): string[] {
  if (examples.has(text)) return [];
  const words = text.replace(quoted, "").split(/[\s\u3000-\u9fff\uff00-\uffef·,;:()"']+/u).filter((word) => /[A-Za-z]{2}/.test(word));
  return words.filter((word) => !isLegitimate(word, given));
}

/** English words that the page shows or reads out while it speaks Chinese, each with its place. */
export async function leftovers(page: Page, given: Given): Promise<string[]> {
  const texts = await page.evaluate(
    ([skip, kinds]) => {
      const found: [string, string][] = [["title of the window", document.title]];
      for (const element of document.querySelectorAll("body *")) {
        if (element.closest(skip) || !element.checkVisibility()) continue;
        const place = element.tagName.toLowerCase();
        for (const kind of kinds) found.push([`${place} ${kind}`, element.getAttribute(kind) ?? ""]);
        if (!(element instanceof HTMLTextAreaElement)) for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push([place, node.textContent ?? ""]);
      }
      return found;
    },
    [notWords, attributes] as const,
  );
  return texts.flatMap(([place, text]) => leftoversOf(text.trim(), given).map((word) => `${place}: ${word} (${text.trim().slice(0, 80)})`));
}
