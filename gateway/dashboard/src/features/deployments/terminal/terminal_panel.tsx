import { Button } from "@mantine/core";
import { IconTerminal2 } from "@tabler/icons-react";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal, type ITheme } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { Empty, Panel } from "@/ui/page";
import { connectShell, sessionNames, whyRefused } from "./browser_shell";
import { ShellLink, type ShellState } from "./shell_link";
import classes from "./terminal.module.css";

/** Of the page's own colours, so that it belongs to it in light and in dark. */
function theme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  return {
    background: color("--log-bg"),
    foreground: color("--mantine-color-text"),
    cursor: color("--accent"),
    cursorAccent: color("--log-bg"),
    selectionBackground: color("--accent-soft"),
  };
}

const motionIsUnwanted = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

interface ScreenProps {
  deployment: string;
  session: string;
  resume: boolean;
  onState(state: ShellState): void;
  onLink(link: ShellLink | undefined): void;
}

/** Ends its connection when it goes, not the shell: who comes back within a minute finds it as it was. */
function Screen({ deployment, session, resume, onState, onLink }: ScreenProps) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current!;
    const terminal = new Terminal({
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mantine-font-family-monospace"),
      fontSize: 13,
      cursorBlink: !motionIsUnwanted(),
      scrollback: 10_000,
      screenReaderMode: false,
      minimumContrastRatio: 4.5,
      theme: theme(),
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(element);
    terminal.textarea?.setAttribute("aria-label", t("terminal.input"));
    fit.fit();
    const size = () => ({ cols: terminal.cols, rows: terminal.rows });
    const link = new ShellLink(session, size(), {
      connect: (query) => connectShell(deployment, query),
      whyRefused: (query) => whyRefused(deployment, query),
      setTimer: (run, ms) => {
        const timer = window.setTimeout(run, ms);
        return () => window.clearTimeout(timer);
      },
      onBytes: (bytes, shown) => terminal.write(bytes, shown),
      onStartOver: () => terminal.reset(),
      onState: (state) => {
        // What is typed while nobody hears it would be lost without a word.
        terminal.options.disableStdin = state.phase !== "open";
        if (state.phase === "open") terminal.focus();
        onState(state);
      },
    });
    // Tab belongs to the shell: who has keys alone needs another way out.
    terminal.attachCustomKeyEventHandler((event) => {
      if (event.key !== "Escape" || !event.shiftKey) return true;
      if (event.type === "keydown") element.closest("section")?.querySelector("button")?.focus();
      return false;
    });
    const encoder = new TextEncoder();
    const typed = terminal.onData((text) => link.type(encoder.encode(text)));
    const mouse = terminal.onBinary((text) => link.type(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    const watch = new ResizeObserver(() => {
      fit.fit();
      link.resize(size());
    });
    watch.observe(element);
    const scheme = new MutationObserver(() => (terminal.options.theme = theme()));
    scheme.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    const hurry = () => link.hurry();
    window.addEventListener("online", hurry);
    onLink(link);
    link.open(resume);
    return () => {
      window.removeEventListener("online", hurry);
      scheme.disconnect();
      watch.disconnect();
      typed.dispose();
      mouse.dispose();
      link.leave();
      onLink(undefined);
      terminal.dispose();
    };
    // One shell for one mounting: `resume` and the texts are those of its beginning.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [deployment, session]);
  return <div ref={place} className={classes.screen} role="group" aria-label={t("terminal.title")} />;
}

function Words({ state }: { state: ShellState | undefined }) {
  const { t, i18n } = useTranslation();
  if (!state) return null;
  if (state.phase !== "ended") return <span role="status" className="dim">{t(`terminal.phase.${state.phase}`)}</span>;
  const known = `terminal.end.${state.code.replace(".", "_")}`;
  return (
    <span role="status" className="dim">
      {i18n.exists(known) ? t(known as never, { code: state.exitCode ?? "?" }) : state.text}
    </span>
  );
}

export default function TerminalPanel({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const { id } = deployment;
  const [session, setSession] = useState<{ name: string; resume: boolean } | undefined>(() => {
    const name = sessionNames.of(id);
    return name ? { name, resume: true } : undefined;
  });
  const [state, setState] = useState<ShellState>();
  const [link, setLink] = useState<ShellLink>();
  const isRunning = deployment.status === "running";
  const isOver = state?.phase === "ended";

  const hear = (next: ShellState) => {
    setState(next);
    if (next.phase === "ended") sessionNames.forget(id);
  };
  const openNew = () => {
    setState(undefined);
    setSession({ name: sessionNames.make(id), resume: false });
  };
  const open = (
    <Button size="xs" variant="default" leftSection={<IconTerminal2 size={15} />} onClick={openNew}>
      {t("terminal.open")}
    </Button>
  );
  if (!session && !isRunning) return <Panel title={t("terminal.title")}><Empty title={t("terminal.notRunning")} hint={t("terminal.notRunningHint")} /></Panel>;
  if (!session) return <Panel title={t("terminal.title")}><Empty title={t("terminal.none")} hint={t("terminal.hint")} action={open} /></Panel>;
  return (
    <Panel
      title={t("terminal.title")}
      flush
      actions={
        <span className={classes.tools}>
          <span className={`dim ${classes.way}`}>{t("terminal.way")}</span>
          <Words state={state} />
          {isOver ? isRunning && open : (
            <Button size="compact-xs" variant="default" disabled={state?.phase !== "open"} onClick={() => link?.end()}>
              {t("terminal.close")}
            </Button>
          )}
        </span>
      }
    >
      <Screen key={session.name} deployment={id} session={session.name} resume={session.resume} onState={hear} onLink={setLink} />
    </Panel>
  );
}
