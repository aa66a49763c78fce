import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { ListedTask, Schemas } from "@/api/client";
import { pendingIn, saidIn } from "@/ui/said";
import { StatusBadge, type Tone } from "@/ui/status_badge";

const tones: Record<Schemas["TaskStatus"], Tone> = { pending: "calm", running: "busy", completed: "ok", failed: "bad", cancelled: "calm" };

export function TaskStatus({ task }: { task: Pick<ListedTask, "status" | "reason" | "pending_reason"> }) {
  const { t } = useTranslation();
  return <StatusBadge status={task.status} label={t(`tasks.status.${task.status}`)} tone={tones[task.status]} title={whyOf(t, task)} />;
}

/** Why it stands where it stands, for people. */
export const whyOf = (t: TFunction, task: Pick<ListedTask, "status" | "reason" | "pending_reason">): string =>
  task.status === "pending" && task.pending_reason ? pendingIn(t, task.pending_reason) : saidIn(t, task.reason.text ?? "");
