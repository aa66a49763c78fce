import { ActionIcon, Button, Menu, TextInput } from "@mantine/core";
import { IconDots, IconFile, IconFolder, IconFolderPlus, IconLink, IconRefresh, IconUpload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useRef, useState, type DragEvent, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem, type Deployment } from "@/api/client";
import { useMay } from "@/session/session";
import { Confirm } from "@/ui/confirm";
import { DataTable, type Column } from "@/ui/data_table";
import { Dialog } from "@/ui/dialog";
import { bytes } from "@/ui/format";
import { Empty, Failed, Loading } from "@/ui/page";
import { SourceLine } from "@/ui/source";
import { Ago } from "@/ui/time";
import { told } from "@/ui/toasts";
import confirm from "@/ui/confirm.module.css";
import tools from "@/ui/toolbar.module.css";
import { contentAddress, listFiles, makeFolder, moveFile, removeFile, type Entry } from "./api";
import { folderOf, isName, join, trail } from "./path";
import { Preview } from "./preview";
import { useUpload } from "./use_upload";
import classes from "./files.module.css";

type Row = Entry & { id: string };
const icons = { file: IconFile, folder: IconFolder, link: IconLink, other: IconFile };

/** Asks for one name: of a new folder, or a new one of what is there. */
function NameDialog({ title, before, onGive, onClose }: { title: string; before: string; onGive: (name: string) => Promise<unknown>; onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState(before);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void onGive(name).finally(onClose);
  };
  return (
    <Dialog onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <TextInput label={t("files.name")} value={name} error={name !== "" && !isName(name) && t("files.noName")} data-autofocus onChange={(event) => setName(event.currentTarget.value)} />
        <div className={confirm.buttons}>
          <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" disabled={!isName(name) || name === before}>{t("save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

export default function FilesTab({ deployment, path, onPath }: { deployment: Deployment; path: string; onPath: (path: string) => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const { id } = deployment;
  const canAct = may("dev", deployment.project);
  const files = useQuery({ queryKey: ["deployments", id, "files", path], queryFn: () => listFiles(id, path), staleTime: 0 });
  const navigate = useNavigate();
  const opened = useSearch({ strict: false, select: (search) => search.file });
  const setOpened = (file: string | undefined) => void navigate({ to: ".", search: ({ file: _, ...rest }) => (file === undefined ? rest : { ...rest, file }), replace: true });
  const [removing, setRemoving] = useState<Row>();
  const [renaming, setRenaming] = useState<Row>();
  const [isFolder, setFolder] = useState(false);
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const again = () => files.refetch();
  const { upload, dialog } = useUpload(id, path, async () => (await listFiles(id, path)).items.map(({ name }) => name), () => void again());

  const columns = useMemo<Column<Row>[]>(() => {
    const all: (Column<Row> | false)[] = [
      {
        id: "name",
        title: t("files.name"),
        cell: (row) => {
          const Icon = icons[row.kind];
          return <span className={classes.name}><Icon size={16} aria-label={t(`files.kind.${row.kind}`)} /><span className="cut">{row.name}</span></span>;
        },
      },
      { id: "size", title: t("files.size"), width: 110, align: "right", cell: (row) => <span className="num">{row.kind === "file" ? bytes(row.size ?? 0) : "–"}</span> },
      { id: "modified", title: t("files.modified"), width: 140, align: "right", wide: true, cell: (row) => <Ago at={row.modified_at} /> },
      {
        id: "actions",
        title: "",
        width: 48,
        cell: (row) => (
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t("files.actions", { name: row.name })}><IconDots size={16} /></ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {row.kind === "file" && <Menu.Item component="a" href={contentAddress(id, row.id)} download={row.name}>{t("files.download")}</Menu.Item>}
              {canAct && <Menu.Item onClick={() => setRenaming(row)}>{t("files.rename")}</Menu.Item>}
              {canAct && <Menu.Item color="red" onClick={() => setRemoving(row)}>{t("delete")}</Menu.Item>}
            </Menu.Dropdown>
          </Menu>
        ),
      },
    ];
    return all.filter((column) => column !== false);
  }, [t, id, canAct]);

  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (canAct) void upload([...event.dataTransfer.files]);
  };
  const rows = (files.data?.items ?? []).map<Row>((entry) => ({ ...entry, id: join(path, entry.name) }));
  const shown = rows.find((row) => row.name === opened && row.kind === "file");
  const failure = files.error instanceof Problem ? files.error : undefined;
  return (
    <>
      <div className={tools.bar}>
        <nav className={classes.trail} aria-label={t("files.trail")}>
          <button type="button" onClick={() => onPath("")}>{t("files.workspace")}</button>
          {trail(path).map((step) => (
            <span key={step.path}>/ <button type="button" onClick={() => onPath(step.path)}>{step.name}</button></span>
          ))}
        </nav>
        <ActionIcon variant="default" size="md" aria-label={t("refresh")} onClick={() => void again()}><IconRefresh size={15} /></ActionIcon>
        {canAct && (
          <>
            <Button size="xs" variant="default" leftSection={<IconFolderPlus size={15} />} onClick={() => setFolder(true)}>{t("files.newFolder")}</Button>
            <Button size="xs" leftSection={<IconUpload size={15} />} onClick={() => input.current?.click()}>{t("files.upload")}</Button>
            <input ref={input} type="file" multiple hidden aria-label={t("files.upload")} onChange={(event) => {
              void upload([...(event.currentTarget.files ?? [])]);
              event.currentTarget.value = "";
            }} />
          </>
        )}
      </div>
      <div className={classes.drop} data-over={isOver || undefined} onDragOver={(event) => { event.preventDefault(); setOver(canAct); }} onDragLeave={() => setOver(false)} onDrop={drop}>
        {files.error ? <div className={tools.box}><Failed failure={{ code: failure?.code ?? "", detail: files.error.message }} /></div>
          : !files.data ? <div className={tools.box}><Loading /></div>
          : rows.length === 0 ? <div className={tools.box}><Empty title={t("files.none")} hint={canAct ? t("files.noneHint") : ""} /></div>
          : <DataTable label={t("deployments.tab.files")} rows={rows} columns={columns} nameOf={(row) => row.name} onOpen={(row) => (row.kind === "folder" ? onPath(row.id) : row.kind === "file" && setOpened(row.name))} />}
      </div>
      {shown && <Preview id={id} path={shown.id} entry={shown} onClose={() => setOpened(undefined)} />}
      <SourceLine source="/api/v1/deployments/…/files" asOf={files.dataUpdatedAt || undefined} isStale={Boolean(files.error)}>{files.data?.more && t("files.more")}</SourceLine>
      {dialog}
      {isFolder && <NameDialog title={t("files.newFolder")} before="" onClose={() => setFolder(false)} onGive={(name) => told({ doing: t("files.making", { name }), done: t("files.made", { name }), failed: t("files.makeFailed", { name }) }, () => makeFolder(id, join(path, name))).then(again)} />}
      {renaming && <NameDialog title={t("files.rename")} before={renaming.name} onClose={() => setRenaming(undefined)} onGive={(name) => told({ doing: t("files.renaming", { name }), done: t("files.renamed", { name }), failed: t("files.renameFailed", { name }) }, () => moveFile(id, renaming.id, join(folderOf(renaming.id), name))).then(again)} />}
      {removing && (
        <Confirm title={t("files.removeAsk", { name: removing.name })} confirm={t("delete")} onClose={() => setRemoving(undefined)} onConfirm={() => told({ doing: t("files.removing", { name: removing.name }), done: t("files.removed", { name: removing.name }), failed: t("files.removeFailed", { name: removing.name }) }, () => removeFile(id, removing.id, removing.kind === "folder")).then(again)}>
          {t(removing.kind === "folder" ? "files.removeFolder" : "files.removeHint")}
        </Confirm>
      )}
    </>
  );
}
