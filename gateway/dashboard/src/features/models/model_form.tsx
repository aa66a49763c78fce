import { Button, NumberInput, PasswordInput, SegmentedControl, Switch, Textarea, TextInput } from "@mantine/core";
import type { TFunction } from "i18next";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem, type Model, type Schemas } from "@/api/client";
import { Dialog } from "@/ui/dialog";
import { tell, textOf } from "@/ui/toasts";
import confirm from "@/ui/confirm.module.css";
import form from "@/ui/form.module.css";
import { changeModel, createModel, readModel } from "./api";
import { Fallbacks } from "./fallbacks";
import { editOf, fieldsOf, givenOf, ofType, stands, types, type Field, type Fields, type ModelEdit, type Type } from "./model_fields";

/** Puts an edit back, unless somebody has changed the same since. A key that was given is not told again, so it cannot be. */
async function putBack(t: TFunction, id: string, type: Type, before: ModelEdit, after: ModelEdit): Promise<void> {
  try {
    if (!stands(type, before, after, editOf(await readModel(id)))) throw new Problem(409, "model.changed", t("desk.undo.since"));
    await changeModel(id, givenOf(type, before, after) as Schemas["ChangeModel"]);
    tell("success", t("desk.undo.done"));
  } catch (error) {
    tell("failure", t("desk.undo.failed"), textOf(error));
  }
}

export function ModelForm({ model, models, onClose }: { model: Model | undefined; models: readonly Model[]; onClose: () => void }) {
  const { t } = useTranslation();
  const [type, setType] = useState<Type>(types.find((one) => one === model?.type) ?? "openai");
  const [before] = useState(() => (model ? editOf(model) : undefined));
  const [fallbacks, setFallbacks] = useState<readonly string[]>(model?.fallbacks ?? []);
  const [fields, setFields] = useState<Fields>(() => fieldsOf(model));
  const [apiKey, setApiKey] = useState("");
  const [isOnline, setOnline] = useState(true);
  const [failure, setFailure] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);

  const known: string[] = ["name", "api_key", "fallbacks", "max_workers", "max_queue_size", ...ofType[type]];
  const at = (field: string) => (failure?.field?.split(/[.[]/)[0] === field ? failure.detail : undefined);
  const isElsewhere = failure && !known.some((field) => at(field));
  const props = (field: Field) => ({
    label: t(`models.field.${field}`),
    value: fields[field],
    error: at(field),
  });
  const text = (field: Field, more: { required?: boolean; placeholder?: string } = {}) => (
    <TextInput key={field} {...props(field)} {...more} onChange={(event) => setFields((old) => ({ ...old, [field]: event.target.value }))} />
  );
  const number = (field: Field, more: { min?: number; max?: number; step?: number; placeholder?: string } = {}) => (
    <NumberInput key={field} {...props(field)} {...more} onChange={(value) => setFields((old) => ({ ...old, [field]: String(value) }))} />
  );

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      const edit = { fields, fallbacks };
      const given = { ...givenOf(type, edit, before), ...(apiKey ? { api_key: apiKey } : {}) };
      if (model) await changeModel(model.id, given as Schemas["ChangeModel"]);
      else await createModel({ ...given, type, status: isOnline ? "online" : "offline" } as Schemas["CreateModel"]);
      const undo = model && before && !apiKey ? { label: t("desk.undo.undo"), run: () => void putBack(t, model.id, type, before, edit) } : undefined;
      tell("success", t(model ? "models.changed" : "models.added", { name: fields.name }), undefined, undo);
      onClose();
    } catch (error) {
      setFailure(error instanceof Problem ? error : new Problem(0, "json.malformed", String(error), "request_template"));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog onClose={onClose} title={model ? t("models.edit", { name: model.name }) : t("models.add")} size="lg">
      <form className={form.form} onSubmit={(event) => void submit(event)}>
        {!model && <SegmentedControl className={form.choice} aria-label={t("models.type")} value={type} onChange={(next) => setType(types.find((one) => one === next) ?? "openai")} data={types.map((value) => ({ value, label: t(`models.types.${value}`) }))} />}
        {text("name", { required: true })}
        {type === "openai" && <div className={form.row}>{[text("base_url", { placeholder: "https://api.openai.com/v1" }), text("model", { placeholder: "gpt-4o-mini" })]}</div>}
        {type === "local" && <div className={form.row}>{[text("host", { required: true, placeholder: "127.0.0.1" }), number("port", { min: 1, max: 65_535 }), text("model_path")]}</div>}
        {type === "custom" && (
          <>
            {text("url", { required: true, placeholder: "https://…" })}
            <div className={form.row}>{[text("model"), text("result_pointer", { placeholder: "/choices/0/text" })]}</div>
            <Textarea {...props("request_template")} autosize minRows={2} placeholder={'{"input": "{{input}}"}'} onChange={(event) => setFields((old) => ({ ...old, request_template: event.target.value }))} />
          </>
        )}
        <PasswordInput visibilityToggleButtonProps={{ "aria-label": t("showSecret") }} label={t("models.field.api_key")} value={apiKey} error={at("api_key")} autoComplete="off" placeholder={model?.api_key.set ? t("models.keyKept", { last4: model.api_key.last4 ?? "" }) : ""} onChange={(event) => setApiKey(event.currentTarget.value)} />
        {type !== "custom" && <div className={form.row}>{[number("max_tokens", { min: 1 }), number("temperature", { min: 0, max: 2, step: 0.1 })]}</div>}
        <div className={form.row}>{[number("max_workers", { min: 1, placeholder: "5" }), number("max_queue_size", { min: 0, placeholder: "10000" })]}</div>
        <div className={form.row}>{[number("prompt", { min: 0, step: 0.01 }), number("completion", { min: 0, step: 0.01 })]}</div>
        <Fallbacks ids={fallbacks} others={models.filter((one) => one.id !== model?.id && (!model || one.project === model.project))} error={at("fallbacks")} onChange={setFallbacks} />
        {!model && <Switch label={t("models.startOnline")} checked={isOnline} onChange={(event) => setOnline(event.currentTarget.checked)} />}
        {isElsewhere && <div role="alert" className={form.failure}>{failure.field ? `${failure.field}: ` : ""}{failure.detail} ({failure.code})</div>}
        <div className={confirm.buttons}>
          <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" loading={isBusy} disabled={!fields.name.trim()}>{model ? t("save") : t("models.add")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
