import { ActionIcon, Select } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Model } from "@/api/client";
import classes from "./fallbacks.module.css";

export const kFallbacksMax = 8;

/** The list with one of it one place further up (-1) or down (1). */
export function moved(ids: readonly string[], at: number, by: -1 | 1): string[] {
  const next = [...ids];
  const [one] = next.splice(at, 1);
  if (one !== undefined) next.splice(Math.max(0, at + by), 0, one);
  return next;
}

/** Models that are called instead, in their order. `others`: those that may be chosen. */
export function Fallbacks({ ids, others, error, onChange }: { ids: readonly string[]; others: readonly Model[]; error?: string | undefined; onChange: (ids: string[]) => void }) {
  const { t } = useTranslation();
  const nameOf = (id: string) => others.find((model) => model.id === id)?.name ?? id;
  const left = others.filter((model) => !ids.includes(model.id));
  return (
    <div>
      <Select
        label={t("desk.fallbacks.label")}
        description={t("desk.fallbacks.hint")}
        placeholder={t(ids.length >= kFallbacksMax ? "desk.fallbacks.full" : left.length === 0 ? "desk.fallbacks.noMore" : "desk.fallbacks.add")}
        error={error}
        searchable
        disabled={ids.length >= kFallbacksMax || left.length === 0}
        value={null}
        data={left.map((model) => ({ value: model.id, label: model.name }))}
        onChange={(id) => id && onChange([...ids, id])}
      />
      {ids.length > 0 && (
        <ol className={classes.list} aria-label={t("desk.fallbacks.label")}>
          {ids.map((id, at) => (
            <li key={id}>
              <span className="cut">{nameOf(id)}</span>
              <ActionIcon size="sm" variant="subtle" color="gray" disabled={at === 0} aria-label={t("desk.fallbacks.up", { name: nameOf(id) })} onClick={() => onChange(moved(ids, at, -1))}><IconArrowUp size={15} /></ActionIcon>
              <ActionIcon size="sm" variant="subtle" color="gray" disabled={at === ids.length - 1} aria-label={t("desk.fallbacks.down", { name: nameOf(id) })} onClick={() => onChange(moved(ids, at, 1))}><IconArrowDown size={15} /></ActionIcon>
              <ActionIcon size="sm" variant="subtle" color="gray" aria-label={t("desk.fallbacks.remove", { name: nameOf(id) })} onClick={() => onChange(ids.filter((one) => one !== id))}><IconX size={15} /></ActionIcon>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
