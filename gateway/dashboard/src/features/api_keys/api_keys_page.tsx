import { Alert, Button, Code, CopyButton, SegmentedControl, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, body, Problem, type Schemas } from "@/api/client";
import { useEventsOf } from "@/live/use_events";
import { useMay, useSession } from "@/session/session";
import { Confirm } from "@/ui/confirm";
import { DataTable, type Column } from "@/ui/data_table";
import { Dialog } from "@/ui/dialog";
import { count, shortId } from "@/ui/format";
import { ListTools } from "@/ui/list/list_tools";
import { Empty, Failed, Loading, Page } from "@/ui/page";
import { scrolls } from "@/ui/scrolls";
import { SourceLine } from "@/ui/source";
import { StatusBadge } from "@/ui/status_badge";
import { Ago, Moment } from "@/ui/time";
import { told } from "@/ui/toasts";
import confirm from "@/ui/confirm.module.css";
import form from "@/ui/form.module.css";
import tools from "@/ui/toolbar.module.css";
import cells from "@/features/deployments/deployments.module.css";

type ApiKey = Schemas["ApiKey"];
type KeyRole = Schemas["KeyRole"];
const roles = ["viewer", "dev", "admin", "host"] as const satisfies readonly KeyRole[];
const queryKey = ["api-keys"];

const stateOf = (key: ApiKey): "active" | "revoked" | "expired" =>
  key.revoked_at ? "revoked" : key.expires_at && Date.parse(key.expires_at) <= Date.now() ? "expired" : "active";

function NewKey({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<KeyRole>("dev");
  const [host, setHost] = useState("");
  const [expires, setExpires] = useState("");
  const [made, setMade] = useState<ApiKey>();
  const [failure, setFailure] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      const given = { role, ...(name ? { name } : {}), ...(role === "host" ? { host } : {}), ...(expires ? { expires_at: new Date(expires).toISOString() } : {}) };
      const answer = await body(api.POST("/api/v1/api-keys", { body: given }));
      if ("id" in answer) setMade(answer);
      void queries.invalidateQueries({ queryKey });
    } catch (error) {
      setFailure(error instanceof Problem ? error : new Problem(0, "network", String(error)));
    } finally {
      setBusy(false);
    }
  }

  if (made?.token) {
    const { token } = made;
    return (
      <Dialog onClose={onClose} title={t("keys.made")} size="lg" closeOnClickOutside={false}>
        <div className={form.form}>
          <Alert className={form.notice}>{t("keys.once")}</Alert>
          <Code block className={form.whole} {...scrolls(t("signIn.token"))}>{token}</Code>
          <div className={confirm.buttons}>
            <CopyButton value={token}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{copied ? t("copied") : t("copy")}</Button>}</CopyButton>
            <Button onClick={onClose}>{t("close")}</Button>
          </div>
        </div>
      </Dialog>
    );
  }
  const at = (field: string) => (failure?.field === field ? failure.detail : undefined);
  return (
    <Dialog onClose={onClose} title={t("keys.new")}>
      <form className={form.form} onSubmit={(event) => void submit(event)}>
        <TextInput label={t("keys.name")} maxLength={128} value={name} error={at("name")} onChange={(event) => setName(event.currentTarget.value)} />
        <div>
          <div className={form.label} id="role">{t("keys.role")}</div>
          <SegmentedControl aria-labelledby="role" fullWidth value={role} onChange={(next) => setRole(roles.find((one) => one === next) ?? "viewer")} data={roles.map((value) => ({ value, label: t(`keys.roles.${value}`) }))} />
          <div className="dim" style={{ fontSize: 12, marginTop: 4 }}>{t(`keys.roleHint.${role}`)}</div>
        </div>
        {role === "host" && <TextInput label={t("keys.host")} required value={host} error={at("host")} onChange={(event) => setHost(event.currentTarget.value)} />}
        <TextInput type="datetime-local" label={t("keys.expires")} value={expires} error={at("expires_at")} onChange={(event) => setExpires(event.currentTarget.value)} />
        {failure && !failure.field && <div role="alert" className={form.failure}>{failure.detail} ({failure.code})</div>}
        <div className={confirm.buttons}>
          <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" loading={isBusy}>{t("keys.new")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

export default function ApiKeysPage() {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const { state } = useSession();
  const queries = useQueryClient();
  const [isNew, setNew] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey>();
  const isAdmin = may("admin");
  const { data, error, dataUpdatedAt } = useQuery({ queryKey, queryFn: () => body(api.GET("/api/v1/api-keys", { params: { query: { page_size: 1_000 } } })), enabled: isAdmin });
  const changed = useEventsOf("computehub.api_key.");
  useEffect(() => {
    if (changed.count > 0) void queries.invalidateQueries({ queryKey });
  }, [changed.count, queries]);
  const me = state.phase === "in" ? state.session.principal.id : "";

  const columns = useMemo<Column<ApiKey>[]>(
    () => [
      { id: "name", title: t("keys.name"), cell: (key) => <div className={cells.two}><span className={cells.name}>{key.name || t("keys.unnamed")}</span><span className={`mono dim ${cells.small}`}>{shortId(key.id)}</span></div> },
      { id: "state", title: t("keys.state"), width: 110, cell: (key) => <StatusBadge status={stateOf(key)} label={t(`keys.states.${stateOf(key)}`)} tone={stateOf(key) === "active" ? "ok" : "calm"} /> },
      { id: "role", title: t("keys.role"), width: 130, wide: true, cell: (key) => <div className={cells.two}><span>{t(`keys.roles.${key.role}`)}</span><span className={`dim cut ${cells.small}`}>{key.host ?? key.project}</span></div> },
      { id: "by", title: t("keys.by"), width: 130, wide: true, cell: (key) => <span className="cut">{key.created_by}</span> },
      { id: "created", title: t("keys.created"), width: 110, wide: true, align: "right", cell: (key) => <Ago at={key.created_at} /> },
      { id: "expires", title: t("keys.expires"), width: 150, wide: true, align: "right", cell: (key) => (key.expires_at ? <Moment at={key.expires_at} /> : <span className="dim">{t("keys.never")}</span>) },
      { id: "actions", title: "", width: 92, align: "right", cell: (key) => stateOf(key) === "active" && <Button size="compact-xs" variant="default" onClick={() => setRevoking(key)} aria-label={t("keys.revokeOne", { name: key.name || shortId(key.id) })}>{t("keys.revoke")}</Button> },
    ],
    [t],
  );

  const rows = data ? [...data.items].reverse() : [];
  return (
    <Page title={t("keys.title")} fill actions={isAdmin && <><ListTools table="api-keys" columns={columns} what={t("keys.title")} /><Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setNew(true)}>{t("keys.new")}</Button></>}>
      {!isAdmin ? <Empty title={t("keys.notAdmin")} hint={me} /> : !data ? error ? <Failed failure={{ code: "", detail: error.message }} /> : <Loading /> : rows.length === 0 ? (
        <div className={tools.box}><Empty title={t("keys.none")} hint={t("keys.noneHint")} action={<Button onClick={() => setNew(true)}>{t("keys.new")}</Button>} /></div>
      ) : (
        <DataTable name="api-keys" label={t("keys.title")} rows={rows} columns={columns} nameOf={(key) => key.name ?? key.id} />
      )}
      {isAdmin && <SourceLine source="/api/v1/api-keys" asOf={dataUpdatedAt || undefined} isStale={changed.isStale || error !== null}>{data && t("table.shown", { shown: count(rows.length, i18n.language), total: count(data.total ?? rows.length, i18n.language) })}</SourceLine>}
      {isNew && <NewKey onClose={() => setNew(false)} />}
      {revoking && (
        <Confirm title={t("keys.revokeAsk")} confirm={t("keys.revoke")} onClose={() => setRevoking(undefined)} onConfirm={() => told({ doing: t("keys.revoking"), done: t("keys.revoked"), failed: t("keys.revokeFailed") }, async () => {
          await body(api.DELETE("/api/v1/api-keys/{id}", { params: { path: { id: revoking.id } } }));
          await queries.invalidateQueries({ queryKey });
        })}>
          <strong>{revoking.name}</strong> <span className="mono dim">{shortId(revoking.id)}</span>
          <p>{t("keys.revokeHint")}</p>
        </Confirm>
      )}
    </Page>
  );
}
