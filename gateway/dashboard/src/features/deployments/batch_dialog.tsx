import { Button, Loader, ScrollArea } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, type Deployment } from "@/api/client";
import { Dialog } from "@/ui/dialog";
import { tell, told } from "@/ui/toasts";
import confirm from "@/ui/confirm.module.css";
import { actOnAll, type Action, type BatchOutcome } from "./api";
import classes from "./deployments.module.css";

const kBatchMax = 1_000;

/** Starts what was stopped a moment ago; each is a new run of it. */
async function startAgain(t: TFunction, ids: string[]): Promise<void> {
  const action = t("deployments.action.start");
  await told({ doing: action, done: t("batch.allDone", { action, count: ids.length }), failed: t("desk.undo.failed") }, async () => {
    for (let at = 0; at < ids.length; at += kBatchMax) {
      const refused = (await actOnAll("start", ids.slice(at, at + kBatchMax))).items.find((item) => !item.ok);
      if (refused) throw new Problem(409, refused.code ?? "", refused.detail ?? refused.id);
    }
  });
}

/** Asks, does, and says of each deployment what became of it. */
export function BatchDialog({ action, rows, onClose }: { action: Action; rows: Deployment[]; onClose: (done: boolean) => void }) {
  const { t } = useTranslation();
  const [phase, setPhase] = useState<"asking" | "doing" | "done">("asking");
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, BatchOutcome>>(new Map());
  const name = t(`deployments.action.${action}`);
  // What was asked about is what is done, whatever the list shows meanwhile.
  const [asked] = useState(rows);

  async function go() {
    setPhase("doing");
    const known = new Map<string, BatchOutcome>();
    for (let at = 0; at < asked.length; at += kBatchMax) {
      const ids = asked.slice(at, at + kBatchMax).map((row) => row.id);
      try {
        for (const item of (await actOnAll(action, ids)).items) known.set(item.id, item);
      } catch (error) {
        const problem = error instanceof Problem ? error : new Problem(0, "network", String(error));
        for (const id of ids) known.set(id, { id, ok: false, code: problem.code, detail: problem.detail });
      }
      setOutcomes(new Map(known));
    }
    const failed = [...known.values()].filter((item) => !item.ok).length;
    const stopped = [...known.values()].filter((item) => item.ok).map(({ id }) => id);
    if (failed === 0) {
      const again = action === "stop" ? { label: t("desk.undo.startAgain"), run: () => void startAgain(t, stopped) } : undefined;
      tell("success", t("batch.allDone", { action: name, count: asked.length }), again && t("desk.undo.newRun"), again);
      return onClose(true);
    }
    tell("failure", t("batch.someFailed", { action: name, failed, count: asked.length }));
    setPhase("done");
    return undefined;
  }

  return (
    <Dialog onClose={() => onClose(phase === "done")} title={t(`batch.ask.${action}`, { count: asked.length })} size="lg">
      {action === "delete" && phase === "asking" && <p className={classes.warning}>{t("batch.deleteWarning")}</p>}
      <ScrollArea.Autosize mah={360} type="auto">
        <ul className={classes.outcomes} aria-label={t("batch.outcomes")}>
          {asked.map((row) => {
            const outcome = outcomes.get(row.id);
            return (
              <li key={row.id} data-ok={outcome?.ok}>
                <span className={classes.mark}>
                  {outcome ? outcome.ok ? <IconCheck size={15} aria-label={t("batch.ok")} /> : <IconAlertTriangle size={15} aria-label={t("batch.failed")} /> : phase === "doing" ? <Loader size={12} /> : null}
                </span>
                <span className="cut">{row.name}</span>
                <span className="dim">{outcome && !outcome.ok ? `${outcome.detail ?? ""} (${outcome.code ?? ""})` : outcome?.status ? t(`deployments.status.${outcome.status}`) : ""}</span>
              </li>
            );
          })}
        </ul>
      </ScrollArea.Autosize>
      <div className={confirm.buttons}>
        {phase === "done" ? (
          <Button onClick={() => onClose(true)}>{t("close")}</Button>
        ) : (
          <>
            <Button variant="default" onClick={() => onClose(false)} data-autofocus>
              {t("cancel")}
            </Button>
            <Button color={action === "start" ? "indigo" : "red"} loading={phase === "doing"} onClick={() => void go()}>
              {name}
            </Button>
          </>
        )}
      </div>
    </Dialog>
  );
}
