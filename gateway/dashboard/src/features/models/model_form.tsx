import { Button, Modal, NumberInput, PasswordInput, SegmentedControl, Switch, Textarea, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem, type Model, type Schemas } from "@/api/client";
import { tell } from "@/ui/toasts";
import confirm from "@/ui/confirm.module.css";
import form from "@/ui/form.module.css";
import { changeModel, createModel } from "./api";

type Type = "openai" | "local" | "custom";
const types: Type[] = ["openai", "local", "custom"];

type Field = "name" | "base_url" | "model" | "host" | "port" | "model_path" | "url" | "request_template" | "result_pointer" | "max_tokens" | "temperature" | "max_workers" | "max_queue_size" | "prompt" | "completion";
type Fields = Record<Field, string>;

const ofType: Record<Type, Field[]> = {
  openai: ["base_url", "model", "max_tokens", "temperature"],
  local: ["host", "port", "model_path", "max_tokens", "temperature"],
  custom: ["url", "model", "result_pointer", "request_template"],
};
const numeric = new Set<Field>(["port", "max_tokens", "temperature", "max_workers", "max_queue_size", "prompt", "completion"]);

function fieldsOf(model: Model | undefined): Fields {
  const text = (value: unknown) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));
  return {
    name: text(model?.name), base_url: text(model?.base_url), model: text(model?.model), host: text(model?.host), port: text(model?.port),
    model_path: text(model?.model_path), url: text(model?.url), request_template: text(model?.request_template), result_pointer: text(model?.result_pointer),
    max_tokens: text(model?.max_tokens), temperature: text(model?.temperature), max_workers: text(model?.max_workers), max_queue_size: text(model?.max_queue_size),
    prompt: model ? String((model.price.prompt_usd_micro_per_million ?? 0) / 1e6) : "", completion: model ? String((model.price.completion_usd_micro_per_million ?? 0) / 1e6) : "",
  };
}

/** What is sent: empty fields of a new model are left out, emptied ones of an old one are taken away (null). */
export function bodyOf(type: Type, fields: Fields, before: Fields | undefined): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const field of ["name", "max_workers", "max_queue_size", ...ofType[type]] as Field[]) {
    const value = fields[field].trim();
    if (before && value === before[field]) continue;
    if (value === "") {
      if (before) given[field] = null;
    } else if (field === "request_template" && /^\s*[[{]/.test(value)) given[field] = JSON.parse(value);
    else given[field] = numeric.has(field) ? Number(value) : value;
  }
  const isPriced = !before || fields.prompt !== before.prompt || fields.completion !== before.completion;
  const micro = (value: string) => Math.round(Number(value || 0) * 1e6);
  if (isPriced && (fields.prompt || fields.completion)) given.price = { prompt_usd_micro_per_million: micro(fields.prompt), completion_usd_micro_per_million: micro(fields.completion) };
  return given;
}

export function ModelForm({ model, onClose }: { model: Model | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const [type, setType] = useState<Type>(types.find((one) => one === model?.type) ?? "openai");
  const [before] = useState(() => (model ? fieldsOf(model) : undefined));
  const [fields, setFields] = useState<Fields>(() => fieldsOf(model));
  const [apiKey, setApiKey] = useState("");
  const [isOnline, setOnline] = useState(true);
  const [failure, setFailure] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);

  const known: string[] = ["name", "api_key", "max_workers", "max_queue_size", ...ofType[type]];
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
      const given = { ...bodyOf(type, fields, before), ...(apiKey ? { api_key: apiKey } : {}) };
      if (model) await changeModel(model.id, given as Schemas["ChangeModel"]);
      else await createModel({ ...given, type, status: isOnline ? "online" : "offline" } as Schemas["CreateModel"]);
      tell("success", t(model ? "models.changed" : "models.added", { name: fields.name }));
      onClose();
    } catch (error) {
      setFailure(error instanceof Problem ? error : new Problem(0, "json.malformed", String(error), "request_template"));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened onClose={onClose} title={model ? t("models.edit", { name: model.name }) : t("models.add")} lockScroll={false} size="lg" centered closeButtonProps={{ "aria-label": t("close") }}>
      <form className={form.form} onSubmit={(event) => void submit(event)}>
        {!model && <SegmentedControl aria-label={t("models.type")} value={type} onChange={(next) => setType(types.find((one) => one === next) ?? "openai")} data={types.map((value) => ({ value, label: t(`models.types.${value}`) }))} />}
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
        <PasswordInput label={t("models.field.api_key")} value={apiKey} error={at("api_key")} autoComplete="off" placeholder={model?.api_key.set ? t("models.keyKept", { last4: model.api_key.last4 ?? "" }) : ""} onChange={(event) => setApiKey(event.currentTarget.value)} />
        {type !== "custom" && <div className={form.row}>{[number("max_tokens", { min: 1 }), number("temperature", { min: 0, max: 2, step: 0.1 })]}</div>}
        <div className={form.row}>{[number("max_workers", { min: 1, placeholder: "5" }), number("max_queue_size", { min: 0, placeholder: "10000" })]}</div>
        <div className={form.row}>{[number("prompt", { min: 0, step: 0.01 }), number("completion", { min: 0, step: 0.01 })]}</div>
        {!model && <Switch label={t("models.startOnline")} checked={isOnline} onChange={(event) => setOnline(event.currentTarget.checked)} />}
        {isElsewhere && <div role="alert" className={form.failure}>{failure.field ? `${failure.field}: ` : ""}{failure.detail} ({failure.code})</div>}
        <div className={confirm.buttons}>
          <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" loading={isBusy} disabled={!fields.name.trim()}>{model ? t("save") : t("models.add")}</Button>
        </div>
      </form>
    </Modal>
  );
}
