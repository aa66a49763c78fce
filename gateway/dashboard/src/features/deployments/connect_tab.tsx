import { Code, CopyButton, Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Deployment } from "@/api/client";
import { Empty, Panel } from "@/ui/page";
import classes from "./deployments.module.css";

export default function ConnectTab({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const { ssh, ports } = deployment.connection;
  if (!ssh && ports.length === 0) return <Empty title={t("connect.none")} hint={t("connect.noneHint")} />;
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
    </>
  );
}
