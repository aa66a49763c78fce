import type { TFunction } from "i18next";
import { said as own } from "@/i18n/en/said";
import { moment } from "./format";

type Key = keyof typeof own.said;

const hole = /\\\{\\\{(\w+)\\\}\\\}/g;
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const known = Object.entries(own.said) as [Key, string][];
const plain = new Map(known.map(([key, text]) => [text, key]));
const withHoles = known.filter(([, text]) => text.includes("{{")).map(([key, text]) => [key, new RegExp(`^${escaped(text).replace(hole, "(?<$1>.+)")}$`)] as const);

/** What the server says in words of its own, in the reader's language where the page knows them, and else as it is. */
export function saidIn(t: TFunction, text: string): string {
  const key = plain.get(text);
  if (key) return t(`said.${key}`);
  for (const [one, pattern] of withHoles) {
    const found = pattern.exec(text);
    if (found) return t(`said.${one}` as never, { ...found.groups });
  }
  return text;
}

/** Why a task waits: "no_free_slot (1 of 2)", "retry (2026-03-01T12:00:00Z)". */
export function pendingIn(t: TFunction, reason: string): string {
  const [, word, detail = ""] = /^(\w+)(?: \((.*)\))?$/.exec(reason) ?? [];
  if (word === undefined || !Object.hasOwn(own.pending, word)) return reason;
  const at = Number.isNaN(Date.parse(detail)) ? detail : moment(detail);
  return t(`pending.${word as keyof typeof own.pending}`, { at, of: detail.replace(" of ", " / ") });
}
