import { Button, Code } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { useMay } from "@/session/session";
import { bytes, usd } from "@/ui/format";
import { Panel } from "@/ui/page";
import { scrolls } from "@/ui/scrolls";
import { Moment } from "@/ui/time";
import { useOffer } from "@/ui/page_actions";
import { EditDialog } from "./edit/edit_dialog";
import classes from "./deployments.module.css";

function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{value ?? "–"}</dd>])}
    </dl>
  );
}

export default function ConfigTab({ deployment: d, isPast = false }: { deployment: Deployment; isPast?: boolean }) {
  const { t } = useTranslation();
  const may = useMay();
  const [isEditing, setEditing] = useState(false);
  const canAct = !isPast && may("dev", d.project) && d.status !== "deleting" && d.status !== "deleted";
  useOffer(canAct ? [{ id: "edit", label: t("desk.edit.title", { name: d.name }), run: () => setEditing(true) }] : []);
  const env = Object.entries(d.env);
  const labels = Object.entries(d.labels);
  const limits = d.limits;
  return (
    <>
      {isEditing && <EditDialog deployment={d} onClose={() => setEditing(false)} />}
      <Panel title={t("config.runs")} actions={canAct && <Button size="compact-sm" variant="default" leftSection={<IconPencil size={14} />} onClick={() => setEditing(true)}>{t("edit")}</Button>}>
        <Facts
          facts={[
            [t("config.command"), <Code key="c" block className={classes.command} {...scrolls(t("config.command"))}>{d.command.map((part) => (/^[\w./:=@%+-]+$/.test(part) ? part : JSON.stringify(part))).join(" ")}</Code>],
            [t("config.image"), d.image],
            [t("config.ports"), d.ports.length > 0 ? d.ports.map((port) => `${port.port}${port.protocol ? `/${port.protocol}` : ""}${port.name ? ` ${port.name}` : ""}`).join(", ") : null],
            [t("config.files"), d.files.length > 0 ? d.files.map((file) => `${file.path} (${bytes(file.size)})`).join(", ") : null],
            [t("config.gpu"), d.gpu ? `${d.gpu.count ?? 1} × ${d.gpu.model}` : null],
            [t("config.limits"), limits ? [limits.cpus && `${limits.cpus} CPU`, limits.memory_bytes && bytes(limits.memory_bytes), limits.processes && t("config.processes", { count: limits.processes })].filter(Boolean).join(", ") : null],
            [t("config.restart"), `${t(`create.restarts.${d.restart_policy.policy}`)}${d.restart_policy.max_restarts === null || d.restart_policy.max_restarts === undefined ? "" : ` ≤ ${d.restart_policy.max_restarts}`}`],
            [t("config.grace"), d.stop_grace],
            [t("config.price"), t("deployments.perHour", { price: usd(d.price_usd_micro_per_hour) })],
          ]}
        />
      </Panel>
      <Panel title={t("config.env")}>
        {env.length === 0 ? <span className="dim">{t("config.noEnv")}</span> : <Facts facts={env.map(([name, value]) => [name, <span key={name} className="dim">{value.secret ? t("config.secret", { name: value.secret }) : t("config.sealed")}</span>])} />}
      </Panel>
      <Panel title={t("config.about")}>
        <Facts
          facts={[
            ["ID", <span key="id" className="mono">{d.id}</span>],
            [t("config.project"), `${d.organisation} / ${d.project}`],
            [t("config.owner"), d.owner],
            [t("config.labels"), labels.length > 0 ? labels.map(([key, value]) => `${key}=${value}`).join(", ") : null],
            [t("config.created"), <Moment key="created" at={d.created_at} />],
            [t("config.updated"), <Moment key="updated" at={d.updated_at} />],
            [t("config.version"), <span key="v" className="num">{d.version} ({d.position})</span>],
          ]}
        />
      </Panel>
    </>
  );
}
