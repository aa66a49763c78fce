import { Button, NumberInput, SegmentedControl, Select, Textarea, TextInput } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useRef, useState, type FormEvent } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { Attempts } from "@/api/attempts";
import { api, body, Problem, type Schemas } from "@/api/client";
import { useMay } from "@/session/session";
import { usd } from "@/ui/format";
import { Empty, Page, Panel } from "@/ui/page";
import { save } from "@/ui/save";
import { tell } from "@/ui/toasts";
import facts from "@/features/deployments/deployments.module.css";
import form from "@/ui/form.module.css";
import { createDeployment, planDeployment } from "../api";
import { emptyDraft, fieldAt, isClosed, requestOf, type Draft } from "./draft";
import { faultsOf } from "./validate";
import classes from "./create.module.css";

type Faults = Partial<Record<keyof Draft, string>>;
type Plan = Schemas["DeploymentPlan"];

function NewDeployment() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [touched, setTouched] = useState<ReadonlySet<keyof Draft>>(new Set());
  const [refused, setRefused] = useState<Faults & { other?: string }>({});
  const [planned, setPlanned] = useState<{ of: string; plan: Plan }>();
  const [attempts] = useState(() => new Attempts());
  const [isBusy, setBusy] = useState(false);
  const box = useRef<HTMLFormElement>(null);
  const providers = useQuery({ queryKey: ["providers"], queryFn: () => body(api.GET("/api/v1/providers")) });
  const hosts = useQuery({ queryKey: ["system", "hosts"], queryFn: () => body(api.GET("/api/v1/hosts", { params: { query: { page_size: 1_000 } } })) });

  const request = requestOf(draft);
  // A plan is of what was asked about, and what is confirmed is what was shown: one that comes late is of an older draft.
  const plan = planned?.of === JSON.stringify(request) ? planned.plan : undefined;
  const faults = { ...faultsOf(request), ...(isClosed(draft.command) ? {} : { command: "open" as const }) };
  const set = (field: keyof Draft, value: string) => {
    setDraft((old) => ({ ...old, [field]: value }));
    setTouched((old) => new Set(old).add(field));
    setRefused({});
  };
  const props = (field: keyof Draft) => ({
    label: t(`create.${field}`),
    value: draft[field],
    error: refused[field] ?? (touched.has(field) && faults[field] ? t(`create.fault.${faults[field]}`) : undefined),
  });
  const text = (field: keyof Draft, more: { required?: boolean; placeholder?: string; description?: string } = {}) => (
    <TextInput {...props(field)} {...more} onChange={(event) => set(field, event.currentTarget.value)} onBlur={() => draft[field] && setTouched((old) => new Set(old).add(field))} />
  );

  /** Shows what is wrong, and goes to the first of it: on a phone it is far above the button. */
  function fault(show: () => void) {
    flushSync(show);
    box.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    const touchAll = () => setTouched(new Set(Object.keys(draft) as (keyof Draft)[]));
    if (Object.keys(faults).length > 0) {
      fault(touchAll);
      return undefined;
    }
    touchAll();
    setBusy(true);
    try {
      return await action();
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(0, "network", String(error));
      const field = problem.field ? fieldAt(problem.field) : undefined;
      const message = `${problem.detail} (${problem.code})`;
      fault(() => setRefused(field ? { [field]: message } : { other: problem.field ? `${problem.field}: ${message}` : message }));
      return undefined;
    } finally {
      setBusy(false);
    }
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!plan || plan.refused.length > 0) {
      const found = await attempt(() => planDeployment(request));
      if (found) setPlanned({ of: JSON.stringify(request), plan: found });
      return;
    }
    const made = await attempt(() => attempts.send(request, (key) => createDeployment(request, key)));
    if (!made) return;
    if (!("status" in made)) return setRefused({ other: t("lists.pending") });
    tell("success", t("create.made", { name: made.name }));
    void navigate({ to: "/deployments/$id/$tab", params: { id: made.id, tab: "logs" } });
  }

  async function saveYaml() {
    const { stringify } = await import("yaml");
    save(new Blob([stringify(request)], { type: "application/yaml" }), `${draft.name || "deployment"}.yaml`);
  }

  const isReady = plan !== undefined && plan.refused.length === 0;
  return (
    <Page title={t("create.title")}>
      <form ref={box} className={classes.grid} onSubmit={(event) => void submit(event)} noValidate>
        <div className={classes.fields}>
          <Panel title={t("create.what")}>
            <div className={form.form}>
              {text("name", { required: true, placeholder: "trainer" })}
              <Textarea {...props("command")} required autosize minRows={2} maxRows={10} classNames={{ input: "mono" }} placeholder={`sh -c 'nvidia-smi; python train.py'`} description={t("create.commandHint")} onChange={(event) => set("command", event.currentTarget.value)} />
              <Textarea {...props("env")} autosize minRows={2} maxRows={10} classNames={{ input: "mono" }} placeholder={"EPOCHS=10\nHF_TOKEN=@HUGGINGFACE_TOKEN"} description={t("create.envHint")} onChange={(event) => set("env", event.currentTarget.value)} />
            </div>
          </Panel>
          <Panel title={t("create.where")}>
            <div className={form.form}>
              <div className={form.row}>
                <Select {...props("provider")} allowDeselect={false} data={(providers.data?.items ?? [{ name: "local" }]).map(({ name }) => name)} onChange={(value) => set("provider", value ?? "local")} />
                <Select {...props("host")} clearable placeholder={t("create.anyHost")} value={draft.host || null} data={(hosts.data?.items ?? []).map(({ name, status }) => ({ value: name, label: status === "online" ? name : `${name} (${t(`system.hostStatus.${status}`)})` }))} onChange={(value) => set("host", value ?? "")} />
              </div>
              <div className={form.row}>
                {text("gpuModel", { placeholder: "RTX 4090" })}
                <NumberInput {...props("gpuCount")} min={1} max={16} onChange={(value) => set("gpuCount", String(value))} />
              </div>
              <div className={form.row}>
                <NumberInput {...props("cpus")} min={0} step={0.5} onChange={(value) => set("cpus", String(value))} />
                {text("memory", { placeholder: "8 GiB" })}
              </div>
              {text("image", { placeholder: "–" })}
            </div>
          </Panel>
          <Panel title={t("create.how")}>
            <div className={form.form}>
              <div>
                <div className={form.label} id="restart">{t("create.restart")}</div>
                <SegmentedControl aria-labelledby="restart" fullWidth value={draft.restart} onChange={(value) => set("restart", value)} data={(["never", "on-failure", "always"] as const).map((value) => ({ value, label: t(`create.restarts.${value}`) }))} />
              </div>
              <div className={form.row}>
                {text("stopGrace", { placeholder: "10s" })}
                {text("ports", { placeholder: "8080, 9090" })}
              </div>
              <div className={form.row}>
                <Textarea {...props("labels")} autosize minRows={2} placeholder="team=vision" onChange={(event) => set("labels", event.currentTarget.value)} />
                <NumberInput {...props("price")} min={0} step={0.1} prefix="$" onChange={(value) => set("price", String(value).replace("$", ""))} />
              </div>
            </div>
          </Panel>
        </div>
        <div className={classes.side}>
          <Panel title={t("create.plan")}>
            {plan ? (
              <dl className={facts.facts}>
                <dt>{t("create.provider")}</dt><dd>{plan.provider}</dd>
                <dt>{t("create.host")}</dt><dd>{plan.host ?? t("create.anyHost")}</dd>
                <dt>{t("create.perHour")}</dt><dd className="num"><strong>{usd(plan.price_usd_micro_per_hour)}</strong></dd>
                <dt>{t("create.perDay")}</dt><dd className="num">{usd(plan.price_usd_micro_per_hour * 24)}</dd>
              </dl>
            ) : (
              <p className="dim" style={{ margin: 0, fontSize: 13 }}>{t("create.planHint")}</p>
            )}
            {plan?.refused.map((refusal) => <div key={refusal.code} role="alert" className={form.failure}>{refusal.field ? `${refusal.field}: ` : ""}{refusal.detail} ({refusal.code})</div>)}
            {refused.other && <div role="alert" className={form.failure}>{refused.other}</div>}
            <div className={classes.buttons}>
              <Button type="submit" loading={isBusy} fullWidth>{t(isReady ? "create.confirm" : "create.showPlan")}</Button>
              <Button variant="default" fullWidth leftSection={<IconDownload size={15} />} onClick={() => void saveYaml()}>{t("create.yaml")}</Button>
            </div>
          </Panel>
        </div>
      </form>
    </Page>
  );
}

/** Who may only read is told so, and is shown no form that would be refused. */
export default function NewDeploymentPage() {
  const { t } = useTranslation();
  const may = useMay();
  if (may("dev")) return <NewDeployment />;
  return (
    <Page title={t("create.title")}>
      <Empty title={t("mayNot.make")} hint={t("mayNot.makeHint")} action={<Button component={Link} to="/deployments" variant="default">{t("deployments.toList")}</Button>} />
    </Page>
  );
}
