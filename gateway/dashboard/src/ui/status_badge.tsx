import classes from "./status_badge.module.css";

export type Tone = "ok" | "busy" | "bad" | "calm";

/** `status` is the API's own word, for programs; `label` is for people. */
export function StatusBadge({ status, label, tone, title }: { status: string; label: string; tone: Tone; title?: string | undefined }) {
  return (
    <span className={classes.badge} data-status={status} data-tone={tone} role="status" aria-label={label} aria-live="off" title={title}>
      <span className={classes.dot} aria-hidden />
      {label}
    </span>
  );
}
