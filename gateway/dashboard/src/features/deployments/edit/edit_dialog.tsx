import { Button, NumberInput, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem, type Deployment } from "@/api/client";
import confirm from "@/ui/confirm.module.css";
import { Dialog } from "@/ui/dialog";
import form from "@/ui/form.module.css";
import { tell, textOf } from "@/ui/toasts";
import { faultsOfChange } from "../create/validate";
import { backTo, changeOf, draftOf, editFieldAt, fieldsOf, shown, type Change, type Conflict, type EditDraft } from "./edit";
import { change, Overtaken } from "./edit_api";
import classes from "./edit.module.css";

type Faults = Partial<Record<keyof EditDraft, string>> & { other?: string };

/** Tells what was changed, and offers to put it back for as long as nobody else has changed it. */
function useToldChange(): (was: Deployment, is: Deployment, given: Change) => void {
  const { t } = useTranslation();
  async function undo(was: Deployment, is: Deployment, given: Change) {
    try {
      await change(is, backTo(was, fieldsOf(given)));
      tell("success", t("desk.undo.done"));
    } catch (error) {
      const what = error instanceof Overtaken ? t("desk.edit.since", { fields: error.conflicts.map(({ field }) => t(`desk.edit.field.${field}`)).join(", ") }) : textOf(error);
      tell("failure", t("desk.undo.failed"), what);
    }
  }
  return (was, is, given) => {
    tell("success", t("desk.edit.done", { name: is.name }), undefined, { label: t("desk.undo.undo"), run: () => void undo(was, is, given) });
  };
}

function Conflicts({ conflicts, onMine, onTheirs }: { conflicts: Conflict[]; onMine: () => void; onTheirs: () => void }) {
  const { t } = useTranslation();
  return (
    <div role="alert" className={classes.conflict}>
      <strong>{t("desk.edit.conflict")}</strong>
      <ul>
        {conflicts.map(({ field, was, is }) => (
          <li key={field}>
            {t(`desk.edit.field.${field}`)}: <span className={classes.was}>{shown(field, was)}</span> → <b>{shown(field, is)}</b>
          </li>
        ))}
      </ul>
      <div className={classes.choice}>
        <Button size="compact-sm" variant="default" onClick={onTheirs}>{t("desk.edit.theirs")}</Button>
        <Button size="compact-sm" variant="default" onClick={onMine}>{t("desk.edit.mine")}</Button>
      </div>
    </div>
  );
}

/** Changes what can be changed of a deployment that is there. What others change meanwhile is shown, and not written over unasked. */
export function EditDialog({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const { t } = useTranslation();
  const [was, setWas] = useState(deployment);
  const [draft, setDraft] = useState<EditDraft>(() => draftOf(deployment));
  const [refused, setRefused] = useState<Faults>({});
  const [overtaken, setOvertaken] = useState<Overtaken>();
  const [isBusy, setBusy] = useState(false);
  const toldChange = useToldChange();

  const given = changeOf(was, draft);
  const faults = faultsOfChange(given, editFieldAt);
  const isSame = fieldsOf(given).length === 0;
  const set = (field: keyof EditDraft, value: string) => {
    setDraft((old) => ({ ...old, [field]: value }));
    setRefused({});
  };
  const props = (field: keyof EditDraft) => ({ label: t(`desk.edit.input.${field}`), value: draft[field], error: refused[field] ?? (faults[field] && t(`create.fault.${faults[field]}`)) });
  const numeric = (field: keyof EditDraft, more: { min?: number; step?: number; prefix?: string; disabled?: boolean } = {}) => (
    <NumberInput {...props(field)} {...more} onChange={(value) => set(field, String(value))} />
  );

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setRefused({});
    try {
      toldChange(was, await change(was, given), given);
      onClose();
    } catch (error) {
      if (error instanceof Overtaken) return setOvertaken(error);
      const field = error instanceof Problem && error.field ? editFieldAt(error.field) : undefined;
      setRefused({ [field ?? "other"]: textOf(error) });
    } finally {
      setBusy(false);
    }
    return undefined;
  }

  /** Goes on from what is there now: with what was typed, or without it where others have changed the same. */
  function goOn(with_: "mine" | "theirs") {
    if (!overtaken) return;
    const { is, conflicts } = overtaken;
    const [before, now] = [draftOf(was), draftOf(is)];
    const theirs = new Set<keyof EditDraft>(with_ === "mine" ? [] : conflicts.flatMap(({ field }) => inputsOf[field]));
    // What was not touched here follows what is there.
    setDraft((old) => Object.fromEntries((Object.keys(old) as (keyof EditDraft)[]).map((field) => [field, theirs.has(field) || old[field] === before[field] ? now[field] : old[field]])) as unknown as EditDraft);
    setWas(is);
    setOvertaken(undefined);
  }

  return (
    <Dialog onClose={onClose} title={t("desk.edit.title", { name: deployment.name })} size="lg">
      <form className={form.form} onSubmit={(event) => void submit(event)} noValidate>
        <TextInput {...props("name")} required data-autofocus maxLength={128} onChange={(event) => set("name", event.currentTarget.value)} />
        <Textarea {...props("labels")} autosize minRows={2} maxRows={8} classNames={{ input: "mono" }} placeholder="team=vision" onChange={(event) => set("labels", event.currentTarget.value)} />
        <div className={form.row}>
          {numeric("cpus", { min: 0, step: 0.5 })}
          <TextInput {...props("memory")} placeholder="8 GiB" onChange={(event) => set("memory", event.currentTarget.value)} />
          {numeric("processes", { min: 1 })}
        </div>
        <div className={`dim ${classes.hint}`}>{t("desk.edit.limitsHint")}</div>
        <div>
          <div className={form.label} id="edit-restart">{t("desk.edit.input.restart")}</div>
          <SegmentedControl aria-labelledby="edit-restart" fullWidth value={draft.restart} onChange={(value) => set("restart", value)} data={(["never", "on-failure", "always"] as const).map((value) => ({ value, label: t(`create.restarts.${value}`) }))} />
        </div>
        <div className={form.row}>
          {numeric("maxRestarts", { min: 0, disabled: draft.restart === "never" })}
          {numeric("price", { min: 0, step: 0.1, prefix: "$" })}
        </div>
        {overtaken && <Conflicts conflicts={overtaken.conflicts} onMine={() => goOn("mine")} onTheirs={() => goOn("theirs")} />}
        {refused.other && <div role="alert" className={form.failure}>{refused.other}</div>}
        <div className={confirm.buttons}>
          <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" loading={isBusy} disabled={isSame || Object.keys(faults).length > 0 || overtaken !== undefined}>{t("save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

const inputsOf: Record<Conflict["field"], (keyof EditDraft)[]> = {
  name: ["name"], labels: ["labels"], limits: ["cpus", "memory", "processes"], restart_policy: ["restart", "maxRestarts"], price_usd_micro_per_hour: ["price"],
};
