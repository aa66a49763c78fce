import { ActionIcon, Button, CopyButton, Menu, TextInput } from "@mantine/core";
import { IconBookmark, IconCheck, IconTrash } from "@tabler/icons-react";
import { useRouter, useRouterState } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import confirm from "@/ui/confirm.module.css";
import { Dialog } from "@/ui/dialog";
import form from "@/ui/form.module.css";
import { tell } from "@/ui/toasts";
import { textOfChoice } from "./columns";
import { useColumnChoice } from "./use_columns";
import { useGo, useViews } from "./use_views";
import { kNameMax, kViewsMax, pathOf, renamed, withView, type View } from "./views";
import classes from "./views.module.css";

/** The address of what is shown now, with the columns that are chosen here. */
function useAddress(table: string): string {
  const router = useRouter();
  const { choice } = useColumnChoice(table);
  const location = useRouterState({ select: (state) => state.location });
  const columns = textOfChoice(choice);
  const { columns: _, ...search } = location.search as Record<string, unknown>;
  const text = router.options.stringifySearch?.({ ...search, ...(columns ? { columns } : {}) }) ?? "";
  return location.pathname + text;
}

function SaveView({ address, what, onClose }: { address: string; what: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { views, keep } = useViews();
  const [name, setName] = useState(() => views.find((view) => view.address === address)?.name ?? "");
  const link = window.location.origin + address;
  const isThere = views.some((view) => view.name === name.trim());
  const isFull = views.length >= kViewsMax && !isThere;
  function submit(event: FormEvent) {
    event.preventDefault();
    keep(withView(views, { name: name.trim(), address }));
    tell("success", t("desk.views.saved", { name: name.trim() }));
    onClose();
  }
  return (
    <Dialog onClose={onClose} title={t("desk.views.saveTitle", { what })}>
      <form className={form.form} onSubmit={submit}>
        <TextInput label={t("desk.views.name")} value={name} maxLength={kNameMax} data-autofocus onChange={(event) => setName(event.currentTarget.value)} description={isThere ? t("desk.views.replaces") : t("desk.views.hint")} error={isFull && t("desk.views.full")} />
        <div className={classes.link}>
          <TextInput label={t("desk.views.link")} value={link} readOnly flex={1} classNames={{ input: "mono" }} onFocus={(event) => event.currentTarget.select()} />
          <CopyButton value={link}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{t(copied ? "copied" : "copy")}</Button>}</CopyButton>
        </div>
        <div className={confirm.buttons}>
          <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" disabled={!name.trim() || isFull}>{t("save")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** One view, to be renamed or deleted; a name is taken when its field is left. */
function ManagedView({ view }: { view: View }) {
  const { t } = useTranslation();
  const { views, keep } = useViews();
  const [name, setName] = useState(view.name);
  const next = renamed(views, view.name, name);
  const take = () => (next ? keep(next) : setName(view.name));
  return (
    <li>
      <TextInput flex={1} size="sm" value={name} maxLength={kNameMax} aria-label={t("desk.views.rename", { name: view.name })} error={!next} onChange={(event) => setName(event.currentTarget.value)} onBlur={take} onKeyDown={(event) => event.key === "Enter" && take()} />
      <ActionIcon variant="subtle" color="gray" aria-label={t("desk.views.remove", { name: view.name })} onClick={() => keep(views.filter((one) => one.name !== view.name))}>
        <IconTrash size={16} />
      </ActionIcon>
    </li>
  );
}

function ManageViews({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { views } = useViews();
  return (
    <Dialog onClose={onClose} title={t("desk.views.manage")}>
      {views.length === 0 ? <span className="dim">{t("desk.views.none")}</span> : <ul className={classes.views}>{views.map((view) => <ManagedView key={view.name} view={view} />)}</ul>}
    </Dialog>
  );
}

/** Saved views of this list, and what is shown now as one more of them. */
export function ViewMenu({ table, what }: { table: string; what: string }) {
  const { t } = useTranslation();
  const { views } = useViews();
  const go = useGo();
  const address = useAddress(table);
  const [dialog, setDialog] = useState<"save" | "manage">();
  const here = views.filter((view) => pathOf(view.address) === pathOf(address));
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t("desk.views.title")} title={t("desk.views.title")}>
            <IconBookmark size={17} stroke={1.7} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("desk.views.title")}</Menu.Label>
          {here.map((view) => (
            <Menu.Item key={view.name} leftSection={<IconCheck size={15} opacity={view.address === address ? 1 : 0} aria-hidden />} onClick={() => go(view.address)}>
              {view.name}
            </Menu.Item>
          ))}
          {here.length === 0 && <Menu.Label fw={400}>{t("desk.views.none")}</Menu.Label>}
          <Menu.Divider />
          <Menu.Item onClick={() => setDialog("save")}>{t("desk.views.save")}</Menu.Item>
          {views.length > 0 && <Menu.Item onClick={() => setDialog("manage")}>{t("desk.views.manage")}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {dialog === "save" && <SaveView address={address} what={what} onClose={() => setDialog(undefined)} />}
      {dialog === "manage" && <ManageViews onClose={() => setDialog(undefined)} />}
    </>
  );
}
