import { Button, Code } from "@mantine/core";
import { IconRefresh, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ListedTask, Task } from "@/api/client";
import { useLive, type Live } from "@/live/use_live";
import { useMay } from "@/session/session";
import { Confirm } from "@/ui/confirm";
import { count, milliseconds, shortId, usd } from "@/ui/format";
import { useOffer } from "@/ui/page_actions";
import { Failed, Loading, Page, Panel } from "@/ui/page";
import { saidIn } from "@/ui/said";
import { scrolls } from "@/ui/scrolls";
import { Figure } from "@/ui/source";
import { Ago, Moment } from "@/ui/time";
import { told } from "@/ui/toasts";
import facts from "@/features/deployments/deployments.module.css";
import { addRead, cancelTask, readTask, retryTask, taskSource, type TaskView } from "./api";
import { TaskStatus, whyOf } from "./task_status";
import classes from "./tasks.module.css";

function Actions({ task }: { task: ListedTask }) {
  const { t } = useTranslation();
  const may = useMay();
  const [isAsking, setAsking] = useState(false);
  const canAct = may("dev", task.project);
  const canCancel = canAct && (task.status === "pending" || task.status === "running");
  const canRetry = canAct && (task.status === "failed" || task.status === "cancelled");
  // What was cancelled can be sent again: it begins anew, at the end of the queue.
  const act = (action: "cancel" | "retry"): Promise<unknown> =>
    told(
      { doing: t(`tasks.bulk.${action}.doing`), done: t(`tasks.bulk.${action}.done`), failed: t(`tasks.bulk.${action}.failed`) },
      () => (action === "cancel" ? cancelTask(task.id) : retryTask(task.id)),
      action === "cancel" ? { label: t("desk.undo.sendAgain"), detail: t("desk.undo.anew"), run: () => void act("retry") } : undefined,
    );
  useOffer([
    ...(canCancel ? [{ id: "cancel", label: t("tasks.cancel"), run: () => setAsking(true) }] : []),
    ...(canRetry ? [{ id: "retry", label: t("tasks.retry"), run: () => void act("retry") }] : []),
  ]);
  return (
    <>
      {canCancel && <Button size="xs" variant="default" leftSection={<IconX size={15} />} onClick={() => setAsking(true)}>{t("tasks.cancel")}</Button>}
      {canRetry && <Button size="xs" variant="default" leftSection={<IconRefresh size={15} />} onClick={() => void act("retry")}>{t("tasks.retry")}</Button>}
      {isAsking && (
        <Confirm title={t("tasks.bulk.cancel.ask")} confirm={t("tasks.bulk.cancel.confirm")} onClose={() => setAsking(false)} onConfirm={() => act("cancel")}>
          <span className="mono">{task.id}</span>
        </Confirm>
      )}
    </>
  );
}

/** Text as text, vectors by their size, anything else as JSON. */
function Result({ result }: { result: NonNullable<Task["result"]> }) {
  const { t } = useTranslation();
  const { text, embeddings, json } = result as { text?: unknown; embeddings?: unknown; json?: unknown };
  if (typeof text === "string") return <div className={classes.said}>{text}</div>;
  if (Array.isArray(embeddings))
    return <div>{t("tasks.vectors", { count: embeddings.length, size: Array.isArray(embeddings[0]) ? embeddings[0].length : 0 })}</div>;
  return <Code block {...scrolls(t("tasks.result"))}>{JSON.stringify(json ?? result, null, 2)}</Code>;
}

function Attempts({ task }: { task: ListedTask }) {
  const { t } = useTranslation();
  if (task.attempts.length === 0) return <span className="dim">{t("tasks.noAttempts")}</span>;
  return (
    <div className={classes.scroll} {...scrolls(t("tasks.attempts"))}>
      <table className={classes.attempts} aria-label={t("tasks.attempts")}>
        <thead>
          <tr>{(["started", "took", "outcome", "node", "detail"] as const).map((key) => <th key={key} scope="col" className={key === "node" ? classes.wide : undefined}>{t(`tasks.attempt.${key}`)}</th>)}</tr>
        </thead>
        <tbody>
          {[...task.attempts].reverse().map((attempt) => (
            <tr key={attempt.started_at}>
              <td><Moment at={attempt.started_at} /></td>
              <td className="num">{attempt.ended_at ? milliseconds(Date.parse(attempt.ended_at) - Date.parse(attempt.started_at)) : "…"}</td>
              <td>{attempt.outcome ? t(`outcomes.${attempt.outcome}`) : t("tasks.status.running")}{attempt.http_status ? ` · HTTP ${attempt.http_status}` : ""}{attempt.node && <div className={`dim ${classes.narrow}`}>{attempt.node}</div>}</td>
              <td className={classes.wide}>{attempt.node ?? "–"}</td>
              <td>{saidIn(t, attempt.detail ?? "")}{attempt.code ? ` (${attempt.code})` : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What the call has said comes with the task as it is read, and then by the stream. A part that was missed is read. */
function useOutput({ store, state }: Live<TaskView>, read: Task["partial"], readAgain: () => unknown) {
  useEffect(() => {
    if (read) store.update((view) => addRead(view, read));
  }, [read, store]);
  const missedAt = state?.ahead && `${state.ahead.attempt}:${state.ahead.offset}`;
  useEffect(() => {
    if (missedAt !== undefined) void readAgain();
  }, [missedAt, readAgain]);
}

export function TaskPage({ id }: { id: string }) {
  const { t, i18n } = useTranslation();
  const live = useLive(useMemo(() => taskSource(id), [id]));
  const listed = live.state?.task;
  // Input and result are sealed and never in a stream: they are read when the status changes.
  const { data, error, refetch } = useQuery({ queryKey: ["tasks", id, listed?.status, listed?.attempts_total], queryFn: () => readTask(id), enabled: listed !== undefined, placeholderData: (old) => old });
  const task = data?.id === id ? data : undefined;
  useOutput(live, task?.partial, refetch);
  if (!listed) return <Page title={t("tasks.task")}>{live.phase === "failed" ? <Failed failure={live.failure} action={<Button component={Link} to="/tasks" variant="default">{t("tasks.toList")}</Button>} /> : <Loading />}</Page>;

  const said = live.state?.partial ?? task?.partial;
  const result = listed.status === "completed" ? task?.result : undefined;
  const fresh = { source: `tasks/${shortId(id)}`, asOf: live.asOf, isStale: live.isStale };
  const input = task?.input;
  return (
    <Page title={shortId(id)} beside={<><TaskStatus task={listed} /><span className="dim">{t(`tasks.type.${listed.type}`)}</span></>} actions={<Actions task={listed} />}>
      <div className={facts.strip}>
        <span>{whyOf(t, listed)}</span>
        <span><span className="dim">{t("tasks.model")} </span><b>{listed.model}</b></span>
        <span><span className="dim">{t("tasks.priority")} </span><b>{t(`tasks.priorities.${String(listed.priority) as "1"}`)}</b></span>
        {listed.created_at && <span><span className="dim">{t("tasks.created")} </span><b><Ago at={listed.created_at} /></b></span>}
        {listed.estimated_start_at && <span><span className="dim">{t("tasks.estimated")} </span><b><Ago at={listed.estimated_start_at} /></b></span>}
      </div>
      <div className={classes.figures}>
        {listed.position !== undefined && <Figure label={t("tasks.position")} value={count(listed.position, i18n.language)} {...fresh} />}
        <Figure label={t("tasks.attempts")} value={count(listed.attempts_total ?? listed.attempts.length, i18n.language)} note={t("tasks.retriesLeft", { count: listed.max_retries ?? 0 })} {...fresh} />
        <Figure label={t("tasks.tokens")} value={listed.usage?.total_tokens === undefined ? "–" : count(listed.usage.total_tokens, i18n.language)} {...fresh} />
        <Figure label={t("tasks.cost")} value={usd(listed.cost_usd_micro ?? 0)} {...fresh} />
      </div>
      <Panel title={t(result ? "tasks.result" : "tasks.output")}>
        {result ? <Result result={result} /> : said && listed.status === "running" ? <div className={classes.said} aria-live="polite" data-streaming>{said.text}</div> : <span className="dim">{listed.status === "failed" ? saidIn(t, listed.reason.text ?? "") : t("tasks.noOutput")}</span>}
      </Panel>
      <Panel title={t("tasks.input")}>
        {task === undefined ? error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading rows={2} /> : typeof input === "string" ? <div className={classes.said}>{input}</div> : <Code block {...scrolls(t("tasks.input"))}>{JSON.stringify(input, null, 2)}</Code>}
      </Panel>
      <Panel title={t("tasks.attempts")}>
        <Attempts task={listed} />
      </Panel>
    </Page>
  );
}
