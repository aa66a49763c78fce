import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { FieldChange } from "@/time/diff";
import { bytes, usd } from "@/ui/format";
import { saidIn } from "@/ui/said";
import { StatusBadge } from "@/ui/status_badge";
import { Moment } from "@/ui/time";
import type { Status } from "../api";
import { tones } from "../deployment_status";

/** What people call a field; undefined: nothing but what the API calls it. */
function labelOf(t: TFunction, field: string): string | undefined {
  switch (field) {
    case "status": return t("deployments.statusTitle");
    case "name": return t("deployments.name");
    case "host": return t("deployments.place");
    case "reason.text": return t("fields.reason");
    case "reason.code": return t("fields.code");
    case "desired": return t("fields.desired");
    case "exit_code": return t("fields.exitCode");
    case "restarts": return t("deployments.restarts");
    case "started_at": return t("deployments.started");
    case "stopped_at": return t("fields.stopped");
    case "price_usd_micro_per_hour": return t("create.price");
    case "cost_usd_micro": return t("deployments.cost");
  }
  return field.startsWith("labels.") ? t("fields.label", { key: field.slice("labels.".length) }) : undefined;
}

/** The name of a field, with that of the API on hover. */
export function FieldName({ field }: { field: string }) {
  const { t } = useTranslation();
  const label = labelOf(t, field);
  return label === undefined ? <span className="mono">{field}</span> : <span title={field}>{label}</span>;
}

/** The value of a field as people read it. */
export function Value({ field, value }: { field: string; value: unknown }): ReactNode {
  const { t } = useTranslation();
  if (value === undefined) return <span className="dim">{t("time.absent")}</span>;
  if (field === "status") return <StatusBadge status={String(value)} label={t(`deployments.status.${value as Status}`)} tone={tones[value as Status]} />;
  if (field === "reason.text") return saidIn(t, String(value));
  if (field.includes("usd_micro")) return <span className="num">{usd(Number(value))}</span>;
  if (field.endsWith("_at")) return <Moment at={String(value)} />;
  if (field.endsWith("_bytes")) return <span className="num">{bytes(Number(value))}</span>;
  return <span className={typeof value === "string" ? undefined : "mono"}>{typeof value === "string" ? value : JSON.stringify(value)}</span>;
}

export function Change({ change: { field, before, after } }: { change: FieldChange }) {
  return (
    <>
      <span className="dim"><FieldName field={field} /></span> <Value field={field} value={before} /> <span className="whole">→ <Value field={field} value={after} /></span>
    </>
  );
}
