import { ActionIcon, Button, Loader } from "@mantine/core";
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
  action?: ToastAction | undefined;
}

/** What one may do about it, once: cancel what goes on, or take back what was done. */
export interface ToastAction {
  label: string;
  run: () => void;
}

const kShownMs = 5_000;
/** With something to do about it, long enough to read, to think and to get there. */
const kOfferedMs = 12_000;
const kShownMax = 4;

/** The oldest go first, and a failure never by itself: somebody has to have read it. */
export function trimmed(all: readonly Toast[]): Toast[] {
  const kept = [...all];
  for (const kind of ["success", "progress"] as const)
    while (kept.length > kShownMax) {
      const at = kept.findIndex((toast) => toast.kind === kind);
      if (at < 0) break;
      kept.splice(at, 1);
    }
  return kept;
}

let toasts: Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: Toast[]): void {
  toasts = trimmed(next);
  for (const listener of listeners) listener();
}

export function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

/** Shows a toast; a failure stays until it is dismissed, success goes by itself. */
export function tell(kind: Toast["kind"], text: string, detail?: string, action?: ToastAction): number {
  const id = nextId++;
  set([...toasts, { id, kind, text, detail, action }]);
  if (kind === "success") setTimeout(() => dismiss(id), action ? kOfferedMs : kShownMs);
  return id;
}

/** Says how far it is. Of one that was dismissed, nothing. */
export function tellProgress(id: number, detail: string): void {
  if (toasts.some((toast) => toast.id === id)) set(toasts.map((toast) => (toast.id === id ? { ...toast, detail } : toast)));
}

export const textOf = (error: unknown): string => (error instanceof Problem ? `${error.detail} (${error.code})` : String(error));

/** A way back from what was done, where there is one: what the button says, what it comes to, and how. */
export interface Undo {
  label: string;
  detail?: string;
  run: () => void;
}

/** Tells the progress of one action and what became of it. Answers undefined when it failed: that was told. */
export async function told<T>(texts: { doing: string; done: string; failed: string }, action: () => Promise<T>, undo?: Undo): Promise<T | undefined> {
  const progress = tell("progress", texts.doing);
  try {
    const result = await action();
    tell("success", texts.done, undo?.detail, undo);
    return result;
  } catch (error) {
    tell("failure", texts.failed, textOf(error));
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

function Act({ toast, action }: { toast: Toast; action: ToastAction }) {
  const run = () => {
    dismiss(toast.id);
    action.run();
  };
  return (
    <Button size="compact-xs" variant="default" onClick={run}>
      {action.label}
    </Button>
  );
}

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
    // What is added is told, and not each step of what goes on.
    <div className={classes.stack} role="log" aria-relevant="additions" aria-label={t("toast.label")}>
      {shown.map((toast) => (
        <div key={toast.id} className={classes.toast} data-kind={toast.kind} role={toast.kind === "failure" ? "alert" : undefined}>
          <span className={classes.icon}>{icons[toast.kind]}</span>
          <div className={classes.text}>
            <div>{toast.text}</div>
            {toast.detail && <div className={classes.detail} aria-live={toast.kind === "progress" ? "off" : undefined}>{toast.detail}</div>}
          </div>
          {toast.action && <Act toast={toast} action={toast.action} />}
          <ActionIcon size="sm" variant="subtle" color="gray" onClick={() => dismiss(toast.id)} aria-label={t("toast.dismiss")}>
            <IconX size={14} />
          </ActionIcon>
        </div>
      ))}
    </div>
  );
}
