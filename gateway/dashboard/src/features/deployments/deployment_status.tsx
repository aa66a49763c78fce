import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { saidIn } from "@/ui/said";
import { StatusBadge, type Tone } from "@/ui/status_badge";
import type { Status } from "./api";

export const tones: Record<Status, Tone> = {
  creating: "busy",
  starting: "busy",
  running: "ok",
  stopping: "busy",
  stopped: "calm",
  failed: "bad",
  unreachable: "bad",
  deleting: "busy",
  deleted: "calm",
};

export function DeploymentStatus({ deployment }: { deployment: Pick<Deployment, "status" | "reason"> }) {
  const { t } = useTranslation();
  const { status, reason } = deployment;
  return <StatusBadge status={status} label={t(`deployments.status.${status}`)} tone={tones[status]} title={saidIn(t, reason.text)} />;
}
