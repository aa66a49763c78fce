import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { FieldChange } from "@/time/diff";
import { bytes, usd } from "@/ui/format";
import { StatusBadge } from "@/ui/status_badge";
import { Moment } from "@/ui/time";
import type { Status } from "../api";
import { tones } from "../deployment_status";

/** The value of a field as people read it. */
export function Value({ field, value }: { field: string; value: unknown }): ReactNode {
  const { t } = useTranslation();
  if (value === undefined) return <span className="dim">{t("time.absent")}</span>;
  if (field === "status") return <StatusBadge status={String(value)} label={t(`deployments.status.${value as Status}`)} tone={tones[value as Status]} />;
  if (field.includes("usd_micro")) return <span className="num">{usd(Number(value))}</span>;
  if (field.endsWith("_at")) return <Moment at={String(value)} />;
  if (field.endsWith("_bytes")) return <span className="num">{bytes(Number(value))}</span>;
  return <span className={typeof value === "string" ? undefined : "mono"}>{typeof value === "string" ? value : JSON.stringify(value)}</span>;
}

export function Change({ change: { field, before, after } }: { change: FieldChange }) {
  return (
    <>
      <span className="mono dim">{field}</span> <Value field={field} value={before} /> → <Value field={field} value={after} />
    </>
  );
}
