import { ActionIcon, Loader } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconX } from "@tabler/icons-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/client";
import classes from "./toasts.module.css";

export interface Toast {
  id: number;
  kind: "progress" | "success" | "failure";
  text: string;
  detail?: string | undefined;
}

const kShownMs = 5_000;
const kShownMax = 4;

let toasts: Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: Toast[]): void {
  toasts = next.slice(-kShownMax);
  for (const listener of listeners) listener();
}

export function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

/** Shows a toast; a failure stays until it is dismissed, success goes by itself. */
export function tell(kind: Toast["kind"], text: string, detail?: string): number {
  const id = nextId++;
  set([...toasts, { id, kind, text, detail }]);
  if (kind === "success") setTimeout(() => dismiss(id), kShownMs);
  return id;
}

/** Tells the progress of one action and what became of it. Answers undefined when it failed: that was told. */
export async function told<T>(texts: { doing: string; done: string; failed: string }, action: () => Promise<T>): Promise<T | undefined> {
  const progress = tell("progress", texts.doing);
  try {
    const result = await action();
    tell("success", texts.done);
    return result;
  } catch (error) {
    const detail = error instanceof Problem ? `${error.detail} (${error.code})` : String(error);
    tell("failure", texts.failed, detail);
    return undefined;
  } finally {
    dismiss(progress);
  }
}

const icons = {
  progress: <Loader size={14} />,
  success: <IconCheck size={16} />,
  failure: <IconAlertTriangle size={16} />,
};

export function Toasts() {
  const { t } = useTranslation();
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className={classes.stack} role="log" aria-label={t("toast.label")}>
      {shown.map((toast) => (
        <div key={toast.id} className={classes.toast} data-kind={toast.kind} role={toast.kind === "failure" ? "alert" : "status"}>
          <span className={classes.icon}>{icons[toast.kind]}</span>
          <div className={classes.text}>
            <div>{toast.text}</div>
            {toast.detail && <div className={classes.detail}>{toast.detail}</div>}
          </div>
          <ActionIcon size="sm" variant="subtle" color="gray" onClick={() => dismiss(toast.id)} aria-label={t("toast.dismiss")}>
            <IconX size={14} />
          </ActionIcon>
        </div>
      ))}
    </div>
  );
}
