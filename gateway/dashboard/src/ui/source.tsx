import { Tooltip } from "@mantine/core";
import { useId, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useLinkStatus, useNow } from "@/live/use_live";
import { ago, moment } from "./format";
import classes from "./source.module.css";

interface Freshness {
  /** Where it comes from, as the API names it. */
  source: string;
  /** When the newest news in it came, in ms since 1970. */
  asOf: number | undefined;
  isStale: boolean;
}

function Age({ asOf, source }: { asOf: number | undefined; source: string }) {
  const { t, i18n } = useTranslation();
  const now = useNow(1_000);
  if (asOf === undefined) return <>{t("source.never", { source })}</>;
  return <>{t("source.age", { source, ago: ago(asOf, now, i18n.language), at: moment(asOf) })}</>;
}

/** Small text under a figure or a table: its source, and on hover its age. */
export function SourceLine({ source, asOf, isStale: isOld, isHovered, children }: Freshness & { isHovered?: boolean; children?: ReactNode }) {
  const { t } = useTranslation();
  const isStale = useLinkStatus() === "stale" || isOld;
  const [isOpen, setOpen] = useState(false);
  const line = useRef<HTMLSpanElement>(null);
  const age = useId();
  return (
    <>
      <span ref={line} className={classes.line} data-stale={isStale || undefined} tabIndex={0} aria-describedby={isOpen ? age : undefined} onMouseEnter={() => setOpen(true)} onMouseLeave={() => setOpen(false)} onFocus={() => setOpen(true)} onBlur={() => setOpen(false)}>
        {children}
        {children && " · "}
        {!isStale ? t("source.of", { source }) : asOf ? t("desk.offline.asOf", { source, at: moment(asOf) }) : t("source.stale", { source })}
      </span>
      {/* Only while it is seen: lines like this are drawn with every change. */}
      {(isOpen || isHovered) && <Tooltip label={<span id={age}><Age asOf={asOf} source={source} /></span>} target={line} opened withinPortal />}
    </>
  );
}

/** One figure with its name above, its source below, its age on hover; grey when it may have been overtaken. */
export function Figure({ label, value, note, tone, ...freshness }: Freshness & { label: string; value: ReactNode; note?: ReactNode; tone?: "bad" | "busy" | "ok" | undefined }) {
  const isStale = useLinkStatus() === "stale" || freshness.isStale;
  const [isHovered, setHovered] = useState(false);
  return (
    <div className={classes.figure} onMouseEnter={() => setHovered(true)} onMouseLeave={() => setHovered(false)} data-stale={isStale || undefined} role="group" aria-label={label}>
      <div className={classes.label}>{label}</div>
      <div className={classes.value} data-tone={tone}>
        {value}
      </div>
      {note && <div className={classes.note}>{note}</div>}
      <SourceLine {...freshness} isHovered={isHovered} />
    </div>
  );
}
