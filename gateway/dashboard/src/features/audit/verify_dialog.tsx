import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Dialog } from "@/ui/dialog";
import { count, milliseconds } from "@/ui/format";
import { StatusBadge } from "@/ui/status_badge";
import { Moment } from "@/ui/time";
import confirm from "@/ui/confirm.module.css";
import type { Verification } from "./use_verification";
import { reasonOf, shareOf, type AuditResult } from "./verify";
import classes from "./verify.module.css";

const took = ({ began_at, ended_at }: AuditResult) => Date.parse(ended_at) - Date.parse(began_at);

/** Which partitions hold something, up to where, and up to where that is signed. */
function Heads({ result }: { result: AuditResult }) {
  const { t, i18n } = useTranslation();
  const n = (value: number) => count(value, i18n.language);
  // Of a record that is not sound nobody has gone on to see what the others sign of a partition.
  const columns = (["partition", "head", "signed", "hash"] as const).filter((column) => result.sound || column !== "signed");
  return (
    <div className={classes.heads} tabIndex={0} role="region" aria-label={t("verify.heads")}>
      <table className={classes.table} aria-label={t("verify.heads")}>
        <thead><tr>{columns.map((key) => <th key={key} scope="col">{t(`verify.column.${key}`)}</th>)}</tr></thead>
        <tbody>
          {result.partitions.filter(({ head }) => head > 0).map((partition) => (
            <tr key={partition.partition}>
              <td>{partition.partition}</td><td>{n(partition.head)}</td>{result.sound && <td>{n(partition.signed_up_to)}</td>}<td className="mono" title={partition.hash}>{partition.hash.slice(0, 16)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Fault({ fault }: { fault: NonNullable<AuditResult["fault"]> }) {
  const { t } = useTranslation();
  return (
    <div className={classes.fault} role="alert">
      <b>{t(`verify.because.${reasonOf(fault.code)}`)}</b>
      <div>{t("verify.place", { position: fault.position })}</div>
      <div className={classes.small}>{fault.reason} <span className="mono">{fault.code}</span></div>
    </div>
  );
}

function Result({ result }: { result: AuditResult }) {
  const { t, i18n } = useTranslation();
  const n = (value: number) => count(value, i18n.language);
  return (
    <>
      <p className={classes.verdict}>
        <StatusBadge status={result.sound ? "sound" : "bad"} label={t(result.sound ? "verify.sound" : "verify.bad")} tone={result.sound ? "ok" : "bad"} />
        {result.sound && <span className="dim">{t("verify.soundHint")}</span>}
      </p>
      {result.fault && <Fault fault={result.fault} />}
      <dl className={classes.facts}>
        <dt>{t(result.sound ? "verify.records" : "verify.recordsBefore")}</dt>
        <dd>{t("verify.inBatches", { records: n(result.records), batches: n(result.batches) })}</dd>
        <dt>{t("verify.checkpoints")}</dt>
        <dd>{n(result.checkpoints)}{result.sound && result.unsigned_records > 0 && <span className="dim"> · {t("verify.unsigned", { n: n(result.unsigned_records) })}</span>}</dd>
        <dt>{t("verify.keys")}</dt>
        <dd>{result.keys.map((key) => <div key={key.id}><span className="mono">{key.id}</span> <span className="dim">{t("verify.signed", { n: n(key.checkpoints) })}</span></div>)}</dd>
        {result.from && result.to && <><dt>{t("verify.span")}</dt><dd><Moment at={result.from} /> – <Moment at={result.to} /></dd></>}
        <dt>{t("verify.took")}</dt>
        <dd>{milliseconds(took(result))}</dd>
      </dl>
      <Heads result={result} />
      <p className={`dim ${classes.small}`}>{t(result.copy ? "verify.copyHint" : "verify.keysHint")}</p>
    </>
  );
}

function Running({ progress }: { progress: Parameters<typeof shareOf>[0] | undefined }) {
  const { t, i18n } = useTranslation();
  const share = progress && shareOf(progress);
  return (
    <div className={classes.running}>
      <progress className={classes.bar} aria-label={t("verify.progress")} {...(share ? { value: share.done, max: Math.max(share.of, 1) } : {})} />
      <span className="dim num" aria-live="off">
        {progress ? t(`verify.stage.${progress.stage}`, { done: count(progress.done, i18n.language), of: count(progress.of, i18n.language) }) : t("verify.begins")}
      </span>
    </div>
  );
}

/** Proves the record while it is open: closing it breaks that off. */
export function VerifyDialog({ state, onAgain, onClose }: { state: Verification; onAgain: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  const isRunning = state.phase === "running";
  return (
    <Dialog onClose={onClose} title={t("verify.title")} size="lg">
      {state.phase === "running" && <Running progress={state.progress} />}
      {state.phase === "done" && <Result result={state.result} />}
      {state.phase === "refused" && <div role="alert" className={classes.fault}><b>{t("verify.refused")}</b><div>{state.failure.detail} <span className="mono">{state.failure.code}</span></div></div>}
      {state.phase === "cut" && <div role="alert" className={classes.fault}><b>{t("verify.cut")}</b><div>{t("verify.cutHint")}</div></div>}
      <div className={confirm.buttons}>
        <Button variant="default" onClick={onClose}>{t(isRunning ? "verify.stop" : "close")}</Button>
        {!isRunning && <Button onClick={onAgain}>{t("verify.again")}</Button>}
      </div>
    </Dialog>
  );
}
