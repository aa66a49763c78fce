import { ActionIcon, Button, Menu, Progress } from "@mantine/core";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Model, Schemas } from "@/api/client";
import { useLiveList } from "@/live/use_live_list";
import { useMay } from "@/session/session";
import { Confirm } from "@/ui/confirm";
import { DataTable, type Column } from "@/ui/data_table";
import { count, usd } from "@/ui/format";
import { exportOf } from "@/ui/list/export_menu";
import { ListTools } from "@/ui/list/list_tools";
import { Empty, Failed, Loading, Page } from "@/ui/page";
import { useOffer } from "@/ui/page_actions";
import { SourceLine } from "@/ui/source";
import { StatusBadge, type Tone } from "@/ui/status_badge";
import { Ago } from "@/ui/time";
import { told } from "@/ui/toasts";
import tools from "@/ui/toolbar.module.css";
import cells from "@/features/deployments/deployments.module.css";
import { deleteModel, modelList, setModelStatus } from "./api";
import { ModelForm } from "./model_form";

const tones: Record<Schemas["ModelStatus"], Tone> = { online: "ok", offline: "calm", draining: "busy" };

const addressOf = (model: Model): string => model.base_url ?? model.url ?? (model.host ? `${model.host}:${model.port ?? ""}` : model.type === "openai" ? "api.openai.com" : "");

export default function ModelsPage() {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const list = useLiveList(useMemo(() => modelList(), []));
  const [editing, setEditing] = useState<Model | "new">();
  const [deleting, setDeleting] = useState<Model>();
  const canAct = may("dev");

  useOffer(canAct ? [{ id: "add", label: t("models.add"), run: () => setEditing("new") }] : []);

  const columns = useMemo<Column<Model>[]>(() => {
    const set = (model: Model, status: Schemas["ModelStatus"]) =>
      void told({ doing: t("models.switching", { name: model.name }), done: t("models.switched", { name: model.name, status: t(`models.status.${status}`) }), failed: t("models.switchFailed", { name: model.name }) }, () => setModelStatus(model.id, status));
    const all: (Column<Model> | false)[] = [
      {
        id: "name",
        title: t("models.name"),
        cell: (model) => (
          <div className={cells.two}>
            <span className={cells.name}>{model.name}</span>
            <span className={`dim cut ${cells.small}`}>{model.type}{model.model || model.model_path ? ` · ${model.model ?? model.model_path}` : ""}</span>
          </div>
        ),
      },
      {
        id: "status",
        title: t("models.statusTitle"),
        width: "26%",
        cell: (model) => (
          <div className={cells.two}>
            <StatusBadge status={model.status} label={t(`models.status.${model.status}`)} tone={model.cooling_down ? "bad" : tones[model.status]} />
            {model.cooling_down && <span className={`dim cut ${cells.small}`} title={model.cooling_down.code}>{t("models.cooling")} <Ago at={model.cooling_down.until} /></span>}
          </div>
        ),
      },
      {
        id: "slots",
        title: t("models.slots"),
        width: 120,
        cell: (model) => (
          <div className={cells.two}>
            <span className="num">{model.running} / {model.max_workers}</span>
            <Progress w="100%" size={4} value={(100 * model.running) / model.max_workers} aria-label={t("models.slots")} />
          </div>
        ),
      },
      { id: "pending", title: t("models.pending"), width: 90, align: "right", wide: true, cell: (model) => <Link to="/tasks" search={{ model: model.id, status: "pending" }} className="num" tabIndex={-1}>{count(model.pending, i18n.language)}</Link> },
      { id: "address", title: t("models.address"), width: 190, wide: true, cell: (model) => <span className="cut dim" title={addressOf(model)}>{addressOf(model)}</span> },
      {
        id: "price",
        title: t("models.price"),
        width: 140,
        align: "right",
        wide: true,
        cell: (model) => (
          <div className={cells.two}>
            <span className="num">{usd(model.price.prompt_usd_micro_per_million ?? 0)} / {usd(model.price.completion_usd_micro_per_million ?? 0)}</span>
            <span className={`dim ${cells.small}`}>{t("models.perMillion")}</span>
          </div>
        ),
      },
      canAct && {
        id: "actions",
        title: "",
        width: 48,
        // In the project of this one, and not in any.
        cell: (model) => may("dev", model.project) && (
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t("models.actions", { name: model.name })}><IconDots size={16} /></ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {model.status !== "online" && <Menu.Item onClick={() => set(model, "online")}>{t("models.switchOn")}</Menu.Item>}
              {model.status === "online" && <Menu.Item onClick={() => set(model, "draining")}>{t("models.drain")}</Menu.Item>}
              {model.status !== "offline" && <Menu.Item onClick={() => set(model, "offline")}>{t("models.switchOff")}</Menu.Item>}
              <Menu.Item onClick={() => setEditing(model)}>{t("edit")}</Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" onClick={() => setDeleting(model)}>{t("delete")}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ),
      },
    ];
    return all.filter((column) => column !== false);
  }, [t, i18n.language, canAct, may]);

  const rows = list.state?.rows ?? [];
  const add = canAct && <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setEditing("new")}>{t("models.add")}</Button>;
  return (
    <Page title={t("models.title")} fill actions={<><ListTools table="models" columns={columns} what={t("models.title")} read={exportOf("/api/v1/models")} />{add}</>}>
      {list.state === undefined ? (
        <div className={tools.box}>{list.phase === "failed" ? <Failed failure={list.failure} /> : <Loading />}</div>
      ) : rows.length === 0 ? (
        <div className={tools.box}><Empty title={t("models.none")} hint={t("models.noneHint")} action={add} /></div>
      ) : (
        <DataTable name="models" label={t("models.title")} rows={rows} columns={columns} nameOf={(model) => model.name} {...(canAct ? { onOpen: setEditing } : {})} onEnd={list.more} />
      )}
      <SourceLine source="/api/v1/models" asOf={list.asOf} isStale={list.isStale}>
        {list.state && t("table.shown", { shown: count(rows.length, i18n.language), total: count(list.state.total ?? rows.length, i18n.language) })}
      </SourceLine>
      {editing && <ModelForm model={editing === "new" ? undefined : editing} models={rows} onClose={() => setEditing(undefined)} />}
      {deleting && (
        <Confirm
          title={t("models.deleteAsk", { name: deleting.name })}
          confirm={t("delete")}
          onClose={() => setDeleting(undefined)}
          onConfirm={() => told({ doing: t("models.deleting", { name: deleting.name }), done: t("models.deleted", { name: deleting.name }), failed: t("models.deleteFailed", { name: deleting.name }) }, () => deleteModel(deleting.id))}
        >
          {t("models.deleteHint")}
        </Confirm>
      )}
    </Page>
  );
}
