import { Button, Select } from "@mantine/core";
import { IconPlus, IconRefresh, IconX } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ListedTask } from "@/api/client";
import { addressOf } from "@/api/download";
import { useLiveList } from "@/live/use_live_list";
import { useMay } from "@/session/session";
import { Confirm } from "@/ui/confirm";
import { DataTable, type Column } from "@/ui/data_table";
import { count, shortId, usd } from "@/ui/format";
import { exportOf } from "@/ui/list/export_menu";
import { FilterChips } from "@/ui/list/filter_chips";
import { ListTools } from "@/ui/list/list_tools";
import { Empty, Failed, Loading, Page } from "@/ui/page";
import { useOffer } from "@/ui/page_actions";
import { SearchBox } from "@/ui/search_box";
import { SourceLine } from "@/ui/source";
import { Ago } from "@/ui/time";
import { tell, told } from "@/ui/toasts";
import tools from "@/ui/toolbar.module.css";
import cells from "@/features/deployments/deployments.module.css";
import { actOnFound, cancelTask, retryTask, taskList } from "./api";
import { taskStatuses, taskTypes, type TaskFilter } from "./filter";
import { useModelNames } from "./use_model_names";
import { SubmitTask } from "./submit_task";
import { TaskStatus, whyOf } from "./task_status";

function useColumns(): Column<ListedTask>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "task",
        title: t("tasks.task"),
        cell: (task) => (
          <div className={cells.two}>
            <Link to="/tasks/$id" params={{ id: task.id }} className={`mono ${cells.name}`} tabIndex={-1}>
              {shortId(task.id)}
            </Link>
            <span className={`dim cut ${cells.small}`}>{t(`tasks.type.${task.type}`)}</span>
          </div>
        ),
      },
      {
        id: "status",
        title: t("tasks.statusTitle"),
        width: "36%",
        narrowWidth: "56%",
        cell: (task) => (
          <div className={cells.two}>
            <TaskStatus task={task} />
            <span className={`dim cut ${cells.small}`} title={whyOf(t, task)}>
              {whyOf(t, task)}
            </span>
          </div>
        ),
      },
      { id: "model", title: t("tasks.model"), width: 130, wide: true, cell: (task) => <span className="cut">{task.model}</span> },
      { id: "priority", title: t("tasks.priority"), width: 70, align: "right", wide: true, cell: (task) => <span className="num">{task.priority}</span> },
      { id: "attempts", title: t("tasks.attempts"), width: 80, align: "right", wide: true, cell: (task) => <span className="num">{task.attempts_total ?? task.attempts.length}</span> },
      { id: "cost", title: t("tasks.cost"), width: 100, align: "right", wide: true, cell: (task) => <span className="num">{usd(task.cost_usd_micro ?? 0)}</span> },
      { id: "created", title: t("tasks.created"), width: 110, align: "right", wide: true, cell: (task) => (task.created_at ? <Ago at={task.created_at} /> : "–") },
    ],
    [t],
  );
}

const mayCancel = (task: ListedTask) => task.status === "pending" || task.status === "running";
const mayRetry = (task: ListedTask) => task.status === "failed" || task.status === "cancelled";

export function TaskList({ filter }: { filter: TaskFilter }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const may = useMay();
  const columns = useColumns();
  const models = useModelNames();
  // An address may have its name as well.
  const model = models.find(({ id, name }) => id === filter.model || name === filter.model);
  const list = useLiveList(useMemo(() => taskList(filter), [filter]));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [isSubmitting, setSubmitting] = useState(false);
  const [asking, setAsking] = useState<"cancel" | "retry">();
  const setFilter = (change: { [K in keyof TaskFilter]?: TaskFilter[K] | undefined }) =>
    void navigate({ to: "/tasks", search: (old) => ({ ...old, ...change }) as TaskFilter, replace: true });

  const n = (value: number) => count(value, i18n.language);
  const rows = list.state?.rows ?? [];
  const canAct = may("dev");
  const isFiltered = Object.keys(filter).length > 0;
  const chosen = rows.filter((task) => selected.has(task.id));

  useOffer(canAct ? [{ id: "submit", label: t("tasks.submit"), run: () => setSubmitting(true) }] : []);

  /** On the chosen ones, or on all that the filter finds. */
  async function act(action: "cancel" | "retry") {
    const fits = action === "cancel" ? mayCancel : mayRetry;
    const texts = { doing: t(`tasks.bulk.${action}.doing`), done: "", failed: t(`tasks.bulk.${action}.failed`) };
    await told(texts, async () => {
      if (chosen.length === 0) {
        const { items, brokeOff } = await actOnFound(action, filter);
        const failed = items.filter((item) => !item.ok);
        if (brokeOff !== undefined) {
          texts.failed = t(`lists.brokeOff.${action}`, { count: items.length - failed.length, refused: n(failed.length) });
          throw brokeOff;
        }
        texts.done = t(`tasks.bulk.${action}.done`, { count: items.length - failed.length });
        if (failed.length > 0) tell("failure", t("tasks.bulk.some", { failed: failed.length, count: items.length }), failed[0]?.detail);
        return;
      }
      const outcomes = await Promise.allSettled(chosen.filter(fits).map((task) => (action === "cancel" ? cancelTask(task.id) : retryTask(task.id))));
      const failed = outcomes.filter((outcome) => outcome.status === "rejected");
      texts.done = t(`tasks.bulk.${action}.done`, { count: outcomes.length - failed.length });
      if (failed.length > 0) tell("failure", t("tasks.bulk.some", { failed: failed.length, count: outcomes.length }), String(failed[0]?.reason));
    });
    setSelected(new Set());
  }

  const subject = () => {
    if (chosen.length > 0) return t("tasks.bulk.chosen", { count: chosen.length });
    const total = list.state?.total;
    if (total !== undefined) return t(isFiltered ? "tasks.bulk.found" : "tasks.bulk.all", { count: total });
    // All that there are, of which the server does not count all.
    return t(isFiltered ? "lists.foundTasks" : "lists.allTasks", { n: n(Math.max(rows.length, list.state?.totalAtLeast ?? 0)) });
  };
  const content = list.state === undefined
    ? list.phase === "failed" ? <Failed failure={list.failure} /> : <Loading rows={9} />
    : rows.length === 0
      ? isFiltered
        ? <Empty title={t("tasks.noneFound")} hint={t("tasks.noneFoundHint")} action={<Button variant="default" onClick={() => void navigate({ to: "/tasks", search: {} })}>{t("filter.clear")}</Button>} />
        : <Empty title={t("tasks.none")} hint={t("tasks.noneHint")} action={canAct && <Button onClick={() => setSubmitting(true)}>{t("tasks.submit")}</Button>} />
      : undefined;

  // What does not hang on the rows is not drawn again whenever one of them changes.
  const actions = useMemo(
    () => (
      <>
        <ListTools table="tasks" columns={columns} what={t("tasks.title")} read={exportOf(addressOf("/api/v1/tasks", { ...filter }))} />
        {canAct && <Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setSubmitting(true)}>{t("tasks.submit")}</Button>}
      </>
    ),
    [canAct, columns, filter, t],
  );
  const filters = useMemo(
    () => (
      <>
        <SearchBox label={t("tasks.search")} value={filter.text} onSearch={(text) => setFilter({ text })} />
        <Select size="sm" className={tools.select} aria-label={t("tasks.statusTitle")} placeholder={t("filter.anyStatus")} clearable value={filter.status ?? null} data={taskStatuses.map((value) => ({ value, label: t(`tasks.status.${value}`) }))} onChange={(status) => setFilter({ status: taskStatuses.find((one) => one === status) })} />
        <Select size="sm" className={tools.select} aria-label={t("tasks.typeTitle")} placeholder={t("filter.anyType")} clearable value={filter.type ?? null} data={taskTypes.map((value) => ({ value, label: t(`tasks.type.${value}`) }))} onChange={(type) => setFilter({ type: taskTypes.find((one) => one === type) })} />
        <Select size="sm" className={tools.select} aria-label={t("tasks.model")} placeholder={t("lists.anyModel")} clearable searchable value={model?.id ?? null} data={models.map(({ id, name }) => ({ value: id, label: name }))} onChange={(id) => setFilter({ model: id ?? undefined })} />
        <FilterChips
          chips={[
            { name: t("tasks.model"), value: model ? undefined : filter.model, onRemove: () => setFilter({ model: undefined }) },
            { name: t("tasks.priority"), value: filter.priority?.toString(), onRemove: () => setFilter({ priority: undefined }) },
            { name: t("lists.label"), value: filter.label, onRemove: () => setFilter({ label: undefined }) },
          ]}
        />
      </>
    ),
    // The setters change with the place alone.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [filter, t, models],
  );

  return (
    <Page
      title={t("tasks.title")}
      fill
      actions={actions}
    >
      <div className={tools.bar}>
        {filters}
        {canAct && rows.length > 0 && (
          <div className={chosen.length > 0 ? tools.chosen : tools.bar} role="toolbar" aria-label={t("table.chosenActions")}>
            {chosen.length > 0 && <span className="num">{t("table.chosen", { count: chosen.length })}</span>}
            <Button size="compact-sm" variant="default" leftSection={<IconX size={14} />} onClick={() => setAsking("cancel")}>
              {chosen.length > 0 ? t("tasks.cancel") : t("tasks.cancelAll")}
            </Button>
            <Button size="compact-sm" variant="default" leftSection={<IconRefresh size={14} />} onClick={() => setAsking("retry")}>
              {chosen.length > 0 ? t("tasks.retry") : t("tasks.retryAll")}
            </Button>
          </div>
        )}
      </div>
      {content ? <div className={tools.box}>{content}</div> : (
        <DataTable name="tasks" label={t("tasks.title")} rows={rows} columns={columns} nameOf={(task) => shortId(task.id)} onOpen={(task) => void navigate({ to: "/tasks/$id", params: { id: task.id } })} onEnd={list.more} selection={canAct ? { ids: selected, set: setSelected } : undefined} />
      )}
      <SourceLine source="/api/v1/tasks" asOf={list.asOf} isStale={list.isStale}>
        {list.state && t("table.shown", { shown: count(rows.length, i18n.language), total: list.state.total === undefined ? `≥ ${count(list.state.totalAtLeast ?? rows.length, i18n.language)}` : count(list.state.total, i18n.language) })}
      </SourceLine>
      {isSubmitting && <SubmitTask onClose={() => setSubmitting(false)} />}
      {asking && (
        <Confirm title={t(`tasks.bulk.${asking}.ask`)} confirm={t(`tasks.bulk.${asking}.confirm`)} onClose={() => setAsking(undefined)} onConfirm={() => act(asking)}>
          {subject()}
        </Confirm>
      )}
    </Page>
  );
}
