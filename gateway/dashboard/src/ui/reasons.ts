import type { TFunction } from "i18next";
import { en } from "@/i18n/en";
import { moment } from "./format";

type Said = keyof typeof en.reasons.said;
const said = new Map(Object.entries(en.reasons.said).map(([key, text]) => [text, key as Said]));

/** A reason that the server tells in English, in the reader's language; as it came where it is not one of the known ones. */
export function reasonText(t: TFunction, text: string): string {
  const key = said.get(text);
  if (key) return t(`reasons.said.${key}`);
  const [, code] = /^exited with code (\d+)$/.exec(text) ?? [];
  if (code) return t("reasons.exited", { code });
  const [, signal, name] = /^ended by signal (\d+) \((.+)\)$/.exec(text) ?? [];
  if (signal && name) return t("reasons.signalled", { signal, name });
  const [, how] = /^stopped as asked: (.+)$/.exec(text) ?? [];
  return how ? t("reasons.stopped", { how: reasonText(t, how) }) : text;
}

/** Why a task waits: "no_free_slot (2 of 2)" or "retry (2026-03-01T12:00:00Z)" of the API as a sentence. */
export function pendingText(t: TFunction, pending: string): string {
  const [, code, detail = ""] = /^(\w+)(?: \((.+)\))?$/.exec(pending) ?? [];
  const [, used, slots] = /^(\d+) of (\d+)$/.exec(detail) ?? [];
  if (code === "no_free_slot" && used && slots) return t("reasons.pending.no_free_slot", { used, slots });
  if (code === "model_offline") return t("reasons.pending.model_offline");
  if ((code === "cooling_down" || code === "delayed" || code === "retry") && !Number.isNaN(Date.parse(detail))) return t(`reasons.pending.${code}`, { time: moment(detail) });
  return pending;
}
