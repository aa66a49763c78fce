import { Skeleton } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { saidIn } from "./said";
import classes from "./page.module.css";

interface PageProps {
  title: string;
  /** Beside the title: a badge, an id. */
  beside?: ReactNode;
  /** At the right: what one can do here. */
  actions?: ReactNode;
  /** The content fills what is left of the window and scrolls by itself. */
  fill?: boolean;
  children: ReactNode;
}

export function Page({ title, beside, actions, fill, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · ComputeHub`;
  }, [title]);
  return (
    <div className={classes.page} data-fill={fill || undefined}>
      <header className={classes.head}>
        <h1 className={classes.title}>{title}</h1>
        {beside}
        <div className={classes.actions}>{actions}</div>
      </header>
      {children}
    </div>
  );
}

export function Panel({ title, actions, children, flush }: { title?: string; actions?: ReactNode; children: ReactNode; flush?: boolean }) {
  return (
    <section className={classes.panel} aria-label={title}>
      {title && (
        <header className={classes.panelHead}>
          <h2 className={classes.panelTitle}>{title}</h2>
          {actions}
        </header>
      )}
      <div className={classes.panelBody} data-flush={flush || undefined}>
        {children}
      </div>
    </section>
  );
}

/** Nothing here, and what to do about it. */
export function Empty({ title, hint, action }: { title: string; hint?: string; action?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <div className={classes.emptyTitle}>{title}</div>
      {hint && <div className="dim">{hint}</div>}
      {action}
    </div>
  );
}

export function Failed({ failure, action }: { failure: { code: string; detail: string } | undefined; action?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={classes.empty} role="alert">
      <div className={classes.emptyTitle}>{t("failed.title")}</div>
      <div className="dim">
        {failure?.code === "network" ? t("lists.noAnswer") : failure && saidIn(t, failure.detail)} <span className="mono">{failure?.code}</span>
      </div>
      {action}
    </div>
  );
}

export function Loading({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("loading")} className={classes.loading}>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={18} width={`${90 - ((index * 17) % 40)}%`} />
      ))}
    </div>
  );
}
