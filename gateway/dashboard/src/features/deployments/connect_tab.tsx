import { Code, CopyButton, Button } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { useMay } from "@/session/session";
import { Empty, Loading, Panel } from "@/ui/page";
import classes from "./deployments.module.css";

// It brings the emulator along, which nothing else needs.
const TerminalPanel = lazy(() => import("./terminal/terminal_panel"));

/** `isPast`: of a deployment as it was, in which no shell can be opened any more. */
export default function ConnectTab({ deployment, isPast = false }: { deployment: Deployment; isPast?: boolean }) {
  const { t } = useTranslation();
  const may = useMay();
  const { ssh, ports } = deployment.connection;
  const hasTerminal = !isPast && deployment.provider === "local" && may("dev", deployment.project);
  if (!ssh && ports.length === 0 && !hasTerminal) return <Empty title={t("connect.none")} hint={t("connect.noneHint")} />;
  return (
    <>
      {ssh && (
        <Panel title="SSH">
          <dl className={classes.facts}>
            <dt>{t("connect.command")}</dt>
            <dd>
              <Code>{ssh.command}</Code>{" "}
              <CopyButton value={ssh.command}>
                {({ copied, copy }) => (
                  <Button size="compact-xs" variant="default" onClick={copy}>
                    {copied ? t("copied") : t("copy")}
                  </Button>
                )}
              </CopyButton>
            </dd>
          </dl>
        </Panel>
      )}
      {ports.length > 0 && (
        <Panel title={t("connect.ports")}>
          <dl className={classes.facts}>
            {ports.map(({ port, url }) => [
              <dt key={port} className="num">{port}</dt>,
              <dd key={`${port} address`}>
                {/^https?:/.test(url) ? <a href={url} target="_blank" rel="noreferrer">{url}</a> : <Code>{url}</Code>}
              </dd>,
            ])}
          </dl>
        </Panel>
      )}
      {hasTerminal && (
        <Suspense fallback={<Loading rows={3} />}>
          <TerminalPanel key={deployment.id} deployment={deployment} />
        </Suspense>
      )}
    </>
  );
}
