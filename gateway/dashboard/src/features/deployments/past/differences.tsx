import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import type { Mark } from "@/time/course";
import { diffFields, diffRows, type RowDiff } from "@/time/diff";
import { fineMoment } from "@/time/moment";
import { DataTable, type Column } from "@/ui/data_table";
import { shortId } from "@/ui/format";
import { Empty, Panel } from "@/ui/page";
import { StatusBadge } from "@/ui/status_badge";
import classes from "@/time/time.module.css";
import cells from "../deployments.module.css";
import { Change, FieldName, Value } from "./values";

/** Two moments in order; `was` and `at` are how an address has the earlier and the later one. */
export interface Span {
  from: number;
  to: number;
  was: string;
  at: string;
}

const kChangesShown = 6;
const tones = { appeared: "ok", changed: "busy", vanished: "calm" } as const;

function useSpanText({ from, to }: Span): string {
  return useTranslation().t("time.between", { from: fineMoment(from), to: fineMoment(to) });
}

/** What became of a list: which appeared, which vanished, and what of the others is not the same. */
export function RowDifferences({ before, after, span }: { before: Deployment[]; after: Deployment[]; span: Span }) {
  const { t } = useTranslation();
  const diffs = useMemo(() => diffRows(before, after), [before, after]);
  const of = (kind: RowDiff["kind"]) => diffs.filter((diff) => diff.kind === kind).length;
  const columns = useMemo<Column<RowDiff>[]>(
    () => [
      {
        id: "name", title: t("deployments.name"), width: "36%",
        cell: ({ row, kind }) => (
          <div className={cells.two}>
            <Link to="/deployments/$id/$tab" params={{ id: row.id, tab: "history" }} search={{ at: kind === "vanished" ? span.was : span.at }} className={cells.name} tabIndex={-1}>{row.name}</Link>
            <span className={classes.kind}><span className={`mono dim ${cells.small}`}>{shortId(row.id)}</span><StatusBadge status={kind} label={t(`time.kind.${kind}`)} tone={tones[kind]} /></span>
          </div>
        ),
      },
      {
        id: "fields", title: t("time.differences"),
        cell: ({ row, kind, fields }) =>
          kind === "changed" ? (
            <ul className={classes.changes}>
              {fields.slice(0, kChangesShown).map((change) => <li key={change.field}><Change change={change} /></li>)}
              {fields.length > kChangesShown && <li className="dim">+{fields.length - kChangesShown}</li>}
            </ul>
          ) : (
            <Value field="status" value={row.status} />
          ),
      },
    ],
    [t, span.at, span.was],
  );
  return (
    <>
      <div className={classes.span}>{useSpanText(span)} · {t("time.kinds", { appeared: of("appeared"), changed: of("changed"), vanished: of("vanished") })}</div>
      {diffs.length === 0 ? <Empty title={t("time.none")} hint={t("time.noneHint")} /> : <DataTable label={t("time.differences")} rows={diffs} columns={columns} nameOf={({ row }) => row.name} />}
    </>
  );
}

/** What of one deployment is not the same, and what happened between. */
export function FieldDifferences({ before, after, events, span, onEvent }: { before: Deployment | null; after: Deployment | null; events: readonly Mark[]; span: Span; onEvent: (at: string) => void }) {
  const { t } = useTranslation();
  const changes = useMemo(() => diffFields(before ?? undefined, after ?? undefined), [before, after]);
  return (
    <>
      <div className={classes.span}>{useSpanText(span)}</div>
      <Panel title={t("time.differences")} flush>
        {changes.length === 0 ? (
          <Empty title={t("time.none")} hint={t("time.noneHint")} />
        ) : (
          <table className={classes.fields} aria-label={t("time.differences")}>
            <thead>
              <tr><th scope="col">{t("time.fieldName")}</th><th scope="col">{t("time.before")}</th><th scope="col">{t("time.after")}</th></tr>
            </thead>
            <tbody>
              {changes.map(({ field, before: old, after: fresh }) => (
                <tr key={field}>
                  <th scope="row"><FieldName field={field} /></th>
                  <td className={classes.old}><Value field={field} value={old} /></td>
                  <td><Value field={field} value={fresh} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
      <Panel title={t("time.eventsBetween")} flush>
        {events.length === 0 ? (
          <Empty title={t("time.none")} />
        ) : (
          <ul className={classes.events} aria-label={t("time.eventsBetween")}>
            {events.map((event) => (
              <li key={event.at}>
                <button type="button" onClick={() => onEvent(event.at)}>{event.type}</button>
                <span className="num dim">{fineMoment(event.micros)}</span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </>
  );
}
