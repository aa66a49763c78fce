import { Button, NumberInput, SegmentedControl, Select, Textarea, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Attempts } from "@/api/attempts";
import { Problem, type Schemas } from "@/api/client";
import { Dialog } from "@/ui/dialog";
import { tell } from "@/ui/toasts";
import confirm from "@/ui/confirm.module.css";
import form from "@/ui/form.module.css";
import { submitTask } from "./api";
import { taskTypes } from "./filter";
import { useModelNames } from "./use_model_names";

type Type = Schemas["TaskType"];

interface Given {
  type: Type;
  text: string;
  target: string;
  source: string;
  maxWords: number | undefined;
}

/** The input as its type takes it. Fails: text that is no JSON, of custom. */
export function inputOf({ type, text, target, source, maxWords }: Given): unknown {
  if (type === "translation") return { text, target_language: target, ...(source ? { source_language: source } : {}) };
  if (type === "summarization") return maxWords ? { text, max_words: maxWords } : text;
  if (type === "embedding") {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.length > 1 ? lines : text;
  }
  if (type === "custom" && /^\s*[[{"]/.test(text)) return JSON.parse(text) as unknown;
  return text;
}

export function SubmitTask({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const models = useModelNames();
  const [model, setModel] = useState<string | null>(null);
  const [given, setGiven] = useState<Given>({ type: "text-generation", text: "", target: "", source: "", maxWords: undefined });
  const [priority, setPriority] = useState("2");
  const [timeout, setTimeout] = useState("");
  const [failure, setFailure] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const [attempts] = useState(() => new Attempts());
  const change = (part: Partial<Given>) => setGiven((old) => ({ ...old, ...part }));
  const { type } = given;
  const at = (field: string) => (failure?.field?.split(/[.[]/)[0] === field ? failure.detail : undefined);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!model) return;
    setBusy(true);
    setFailure(undefined);
    try {
      const wanted = { model_id: model, type, input: inputOf(given), priority: Number(priority), ...(timeout ? { timeout } : {}) };
      const task = await attempts.send(wanted, (key) => submitTask(wanted, key));
      if (!("id" in task)) return setFailure(new Problem(202, "command.pending", t("lists.pending")));
      tell("success", t("tasks.submitted"));
      void navigate({ to: "/tasks/$id", params: { id: task.id } });
    } catch (error) {
      setFailure(error instanceof Problem ? error : new Problem(0, "json.malformed", String(error), "input"));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog onClose={onClose} title={t("tasks.submit")} size="lg">
      <form className={form.form} onSubmit={(event) => void submit(event)}>
        <Select label={t("tasks.model")} required searchable value={model} onChange={setModel} error={at("model_id")} nothingFoundMessage={t("tasks.noModel")} data={models.map((one) => ({ value: one.id, label: one.status === "online" ? one.name : `${one.name} (${t(`models.status.${one.status}`)})` }))} />
        <Select label={t("tasks.typeTitle")} allowDeselect={false} value={type} data={taskTypes.map((value) => ({ value, label: t(`tasks.type.${value}`) }))} onChange={(next) => change({ type: taskTypes.find((one) => one === next) ?? "text-generation" })} />
        <Textarea label={t(type === "custom" ? "tasks.inputJson" : type === "embedding" ? "tasks.inputTexts" : "tasks.inputText")} required autosize minRows={4} maxRows={14} value={given.text} error={at("input")} onChange={(event) => change({ text: event.currentTarget.value })} />
        {type === "translation" && (
          <div className={form.row}>
            <TextInput label={t("tasks.target")} required value={given.target} onChange={(event) => change({ target: event.currentTarget.value })} />
            <TextInput label={t("tasks.source")} value={given.source} onChange={(event) => change({ source: event.currentTarget.value })} />
          </div>
        )}
        {type === "summarization" && <NumberInput label={t("tasks.maxWords")} min={1} value={given.maxWords ?? ""} onChange={(value) => change({ maxWords: Number(value) || undefined })} />}
        <div className={form.row}>
          <div>
            <div className={form.label} id="priority">{t("tasks.priority")}</div>
            <SegmentedControl aria-labelledby="priority" value={priority} onChange={setPriority} data={["1", "2", "3"].map((value) => ({ value, label: t(`tasks.priorities.${value as "1"}`) }))} fullWidth />
          </div>
          <TextInput label={t("tasks.timeout")} placeholder="300s" value={timeout} error={at("timeout")} onChange={(event) => setTimeout(event.currentTarget.value)} />
        </div>
        {failure && !["model_id", "input", "timeout"].some(at) && <div role="alert" className={form.failure}>{failure.detail} ({failure.code})</div>}
        <div className={confirm.buttons}>
          <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" loading={isBusy} disabled={!model || !given.text}>{t("tasks.submit")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
