import { Button, Code } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, Problem, type Schemas } from "@/api/client";
import { useQueryFreshness } from "@/live/use_query_freshness";
import { Confirm } from "@/ui/confirm";
import { SideDialog } from "@/ui/dialog";
import { bytes, count } from "@/ui/format";
import { Failed, Loading, Panel } from "@/ui/page";
import { save } from "@/ui/save";
import { scrolls } from "@/ui/scrolls";
import { SourceLine } from "@/ui/source";
import { Ago, Moment } from "@/ui/time";
import { told } from "@/ui/toasts";
import stats from "@/features/statistics/statistics.module.css";
import { bytesOf, hexDump, isPlain } from "./hex";
import classes from "./system.module.css";

type Letter = Schemas["DeadLetterItem"];

/** More is saved and not shown. */
const kShownBytesMax = 64 * 1024;

const readLetters = () => body(api.GET("/api/v1/system/dead-letters", { params: { query: { page_size: 100 } } }));
const readLetter = (id: string) => body(api.GET("/api/v1/system/dead-letters/{id}", { params: { path: { id } } }));

/** Done, or a Problem: an answer may be that it was refused once more. */
async function redrive(id: string): Promise<void> {
  const answer = await body(api.POST("/api/v1/system/dead-letters/{id}/redrive", { params: { path: { id } } }));
  if ("state" in answer && answer.state === "refused") throw new Problem(answer.status ?? 409, answer.code ?? "", answer.detail ?? "");
}

function Content({ letter }: { letter: Schemas["DeadLetter"] }) {
  const { t } = useTranslation();
  const data = bytesOf(letter.data_base64);
  const shown = data.subarray(0, kShownBytesMax);
  const isText = letter.data !== undefined && isPlain(letter.data) && data.length <= kShownBytesMax;
  return (
    <>
      <div className={classes.contentHead}>
        <b>{t("letters.content")}</b> <span className="dim">{bytes(letter.size)}</span>
        <Button size="compact-xs" variant="default" leftSection={<IconDownload size={13} />} onClick={() => save(new Blob([data]), `${letter.id}.bin`)}>{t("letters.download")}</Button>
      </div>
      {data.length === 0 ? <p className="dim">{t("letters.empty")}</p> : <Code block tabIndex={0} role="region" aria-label={t("letters.content")} className={classes.content} data-dump={!isText || undefined}>{isText ? letter.data : hexDump(shown)}</Code>}
      {data.length > kShownBytesMax && <p className="dim">{t("letters.beginning", { size: bytes(kShownBytesMax) })}</p>}
    </>
  );
}

function LetterDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({ queryKey: ["system", "letters", id], queryFn: () => readLetter(id) });
  return (
    <SideDialog onClose={onClose} title={t("letters.one")}>
      {error ? <Failed failure={{ code: "", detail: error.message }} /> : !data ? <Loading rows={5} /> : (
        <>
          <dl className={classes.facts}>
            <dt>{t("letters.reason")}</dt><dd lang="en">{data.reason}</dd>
            <dt>{t("letters.source")}</dt><dd>{t(`letters.sources.${data.source}`)}{data.node && <span className="dim"> · {data.node}</span>}</dd>
            {data.foreign && <><dt>{t("letters.place")}</dt><dd className="mono">{data.foreign.topic} {data.foreign.partition}:{data.foreign.offset}</dd></>}
            {data.entity && <><dt>{t("letters.entity")}</dt><dd className="mono">{data.entity}</dd></>}
            {data.type && <><dt>{t("letters.type")}</dt><dd className="mono">{data.type}</dd></>}
            {data.actor && <><dt>{t("letters.actor")}</dt><dd className="mono">{data.actor}</dd></>}
            {data.project && <><dt>{t("letters.project")}</dt><dd>{data.project}</dd></>}
            <dt>{t("letters.at")}</dt><dd><Moment at={data.at} /></dd>
            <dt>{t("letters.driven")}</dt><dd>{data.redriven_at ? <><Moment at={data.redriven_at} /> <span className="mono dim">{data.redriven_as}</span></> : t("letters.never")}</dd>
          </dl>
          <Content letter={data} />
        </>
      )}
    </SideDialog>
  );
}

function Row({ letter, onShow, onRemove, onChanged }: { letter: Letter; onShow: () => void; onRemove: () => void; onChanged: () => Promise<unknown> }) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const drive = async () => {
    setBusy(true);
    await told({ doing: t("letters.driving"), done: t("letters.drivenDone"), failed: t("letters.driveFailed") }, () => redrive(letter.id));
    // Refused or not: that it was driven again is kept with it.
    await onChanged();
    setBusy(false);
  };
  return (
    <tr>
      <td className={classes.letter}>
        <b lang="en">{letter.reason}</b>
        <div className="dim"><span lang="en">{letter.type}</span> <span className="mono" title={letter.entity}>{letter.foreign ? `${letter.foreign.topic} ${letter.foreign.partition}:${letter.foreign.offset}` : letter.entity.slice(0, 12)}</span></div>
      </td>
      <td className={classes.wide}>{bytes(letter.size)}</td>
      <td className={classes.wide}><Ago at={letter.at} /></td>
      <td className={classes.wide}>{letter.redriven_at ? <Ago at={letter.redriven_at} /> : <span className="dim">{t("letters.never")}</span>}</td>
      <td>
        <span className={classes.buttons}>
          <Button size="compact-xs" variant="default" onClick={onShow}>{t("letters.show")}</Button>
          <Button size="compact-xs" variant="default" loading={isBusy} disabled={letter.source === "foreign"} title={letter.source === "foreign" ? t("letters.foreignHint") : undefined} onClick={() => void drive()}>{t("letters.drive")}</Button>
          <Button size="compact-xs" variant="default" onClick={onRemove}>{t("letters.remove")}</Button>
        </span>
      </td>
    </tr>
  );
}

/** Inputs that could not be decided: shown with their bytes, driven again, removed. */
export function DeadLetters() {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const [removing, setRemoving] = useState<Letter>();
  const [shown, setShown] = useState<string>();
  const query = useQuery({ queryKey: ["system", "letters"], queryFn: readLetters, staleTime: 0 });
  const { data, error } = query;
  const fresh = useQueryFreshness(query);
  const again = () => queries.invalidateQueries({ queryKey: ["system"] });
  const remove = (id: string) =>
    told({ doing: t("letters.removing"), done: t("letters.removed"), failed: t("letters.removeFailed") }, async () => {
      await body(api.DELETE("/api/v1/system/dead-letters/{id}", { params: { path: { id } } }));
      await again();
    });
  return (
    <Panel title={t("letters.title")} flush>
      {!data ? error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading rows={2} /> : data.items.length === 0 ? <div className={`dim ${classes.none}`}>{t("letters.none")}</div> : (
        <div className={stats.scroll} {...scrolls(t("letters.title"))}>
          <table className={stats.table} aria-label={t("letters.title")}>
            <thead><tr>{(["reason", "size", "at", "driven", "actions"] as const).map((key) => <th key={key} scope="col" className={["size", "at", "driven"].includes(key) ? classes.wide : undefined}>{t(`letters.${key}`)}</th>)}</tr></thead>
            <tbody>{data.items.map((letter) => <Row key={letter.id} letter={letter} onShow={() => setShown(letter.id)} onRemove={() => setRemoving(letter)} onChanged={again} />)}</tbody>
          </table>
        </div>
      )}
      <div className={classes.source}><SourceLine source="/api/v1/system/dead-letters" {...fresh}>{data && t("table.shown", { shown: count(data.items.length, i18n.language), total: count(data.total, i18n.language) })}</SourceLine></div>
      {shown && <LetterDrawer id={shown} onClose={() => setShown(undefined)} />}
      {removing && (
        <Confirm title={t("letters.removeAsk")} confirm={t("letters.remove")} onClose={() => setRemoving(undefined)} onConfirm={() => remove(removing.id)}>
          <p><span lang="en">{removing.reason}</span> · <span className="mono">{removing.entity}</span></p>
          <p className="dim">{t("letters.removeHint")}</p>
        </Confirm>
      )}
    </Panel>
  );
}
