import { Switch, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "@/api/client";
import { useNow } from "@/live/use_live";
import { count, span } from "@/ui/format";
import { Failed, Loading, Panel } from "@/ui/page";
import { SourceLine } from "@/ui/source";
import { Moment } from "@/ui/time";
import { matchesSetting } from "./setting";
import classes from "./system.module.css";

type Info = Schemas["SystemInfo"];

const readInfo = () => body(api.GET("/api/v1/system/info"));

/** How long it runs, by the clock alone: the server tells when it started. */
function Uptime({ since }: { since: string }) {
  const now = useNow(1_000);
  return <span className="num">{span((now - Date.parse(since)) / 1_000)}</span>;
}

function Versions({ info }: { info: Info }) {
  const { t, i18n } = useTranslation();
  const { build, log } = info;
  return (
    <dl className={classes.facts}>
      <dt>ComputeHub</dt>
      <dd>
        <b>{info.version}</b>
        {build.commit && <> <span className="mono">{build.commit}</span></>}
        {build.committed_at && <span className="dim"> · <Moment at={build.committed_at} /></span>}
        {build.modified && <span className="dim"> · {t("info.modified")}</span>}
      </dd>
      <dt>{t("info.started")}</dt>
      <dd><Moment at={info.started_at} /> <span className="dim">· {t("info.up")} <Uptime since={info.started_at} /></span></dd>
      <dt>{t("info.node")}</dt><dd>{info.node}</dd>
      <dt>{t("info.log")}</dt>
      <dd>{t("info.logIs", { kind: log.kind, format: log.format, partitions: count(log.partitions, i18n.language) })} <span className="mono dim">{log.incarnation}</span></dd>
      <dt>API</dt><dd>{info.api_version}</dd>
      <dt>{t("info.compiler")}</dt><dd>{build.compiler}</dd>
      {info.libraries.map((library) => (
        <div key={library.name} className={classes.fact}><dt>{library.name}</dt><dd>{library.version}</dd></div>
      ))}
    </dl>
  );
}

function Configuration({ settings }: { settings: Schemas["Setting"][] }) {
  const { t, i18n } = useTranslation();
  const [text, setText] = useState("");
  const [isSetOnly, setSetOnly] = useState(false);
  const rows = useMemo(() => settings.filter((setting) => matchesSetting(setting, text, isSetOnly)), [settings, text, isSetOnly]);
  return (
    <>
      <div className={classes.tools}>
        <TextInput size="xs" leftSection={<IconSearch size={14} />} placeholder={t("info.search")} aria-label={t("info.search")} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <Switch size="xs" label={t("info.setOnly")} checked={isSetOnly} onChange={(event) => setSetOnly(event.currentTarget.checked)} />
        <span className="dim">{t("table.shown", { shown: count(rows.length, i18n.language), total: count(settings.length, i18n.language) })}</span>
      </div>
      <div className={classes.settings} tabIndex={0} role="region" aria-label={t("info.configuration")}>
        <table className={classes.table} aria-label={t("info.configuration")}>
          <thead><tr><th scope="col">{t("info.option")}</th><th scope="col">{t("info.value")}</th><th scope="col">{t("info.from")}</th></tr></thead>
          <tbody>
            {rows.map(({ name, value, source }) => (
              <tr key={name} data-default={source === "default" || undefined}>
                <td className="mono">{name}</td>
                <td className="mono">{value || <span className="dim">–</span>}</td>
                <td lang={source === "default" ? undefined : "en"}>{source === "default" ? t("info.default") : source}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** What the server is and what it was told. */
export function SystemInfo() {
  const { t } = useTranslation();
  const { data, error, dataUpdatedAt } = useQuery({ queryKey: ["system", "info"], queryFn: readInfo });
  const source = <div className={classes.source}><SourceLine source="/api/v1/system/info" asOf={dataUpdatedAt || undefined} isStale={Boolean(error)} /></div>;
  const shown = (content: (info: Info) => ReactNode) => (error ? <Failed failure={{ code: "", detail: error.message }} /> : data ? content(data) : <Loading rows={5} />);
  return (
    <div className={classes.info}>
      <Panel title={t("info.versions")} flush>
        <div className={classes.padded}>{shown((info) => <Versions info={info} />)}</div>
        {source}
      </Panel>
      <Panel title={t("info.configuration")} flush>
        {shown((info) => <Configuration settings={info.configuration} />)}
        {source}
      </Panel>
    </div>
  );
}
