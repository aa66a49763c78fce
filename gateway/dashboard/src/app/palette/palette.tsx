import { Loader, Modal } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useFocusReturn } from "@/ui/use_focus_return";
import { useCommands, type Command } from "./use_commands";
import classes from "./palette.module.css";

const kTypedMax = 200;

/** Finds and does: a combobox whose list box is in groups. Arrow keys move, Enter does, Escape closes and gives the focus back. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [wanted, setWanted] = useState<string>();
  const { groups, isBusy, failure } = useCommands(typed);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  useFocusReturn();
  const all = groups.flatMap((group) => group.commands.map((command) => ({ command, key: `${group.key} ${command.id}` })));
  const at = Math.max(0, all.findIndex(({ key }) => key === wanted));
  const active = all[at]?.key;
  const idOf = (key: string) => `${id}-${key}`;

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const run = (command: Command) => {
    onClose();
    // Behind the dialog's end, which gives the focus back: what is opened now may take it.
    setTimeout(command.run, 0);
  };
  function onKeyDown(event: KeyboardEvent) {
    const moves: Record<string, number> = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, PageDown: Math.min(all.length - 1, at + 8), PageUp: Math.max(0, at - 8) };
    const to = moves[event.key];
    // A character that is being put together takes its own Enter.
    if (event.nativeEvent.isComposing) return;
    if (to !== undefined && all.length > 0) setWanted(all[to]?.key);
    else if (event.key === "Enter" && all[at]) run(all[at].command);
    else return;
    event.preventDefault();
  }

  return (
    <Modal.Root opened onClose={onClose} lockScroll={false} size={600} yOffset="12dvh" transitionProps={{ duration: 0 }} classNames={{ content: classes.box ?? "" }}>
      <Modal.Overlay />
      <Modal.Content aria-label={t("desk.palette.title")}>
        <div className={classes.field}>
          <IconSearch size={18} stroke={1.7} aria-hidden />
          <input
            data-autofocus
            role="combobox"
            aria-label={t("desk.palette.title")}
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={active === undefined ? undefined : idOf(active)}
            aria-autocomplete="list"
            autoComplete="off"
            spellCheck={false}
            maxLength={kTypedMax}
            placeholder={t("desk.palette.hint")}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setWanted(undefined);
            }}
            onKeyDown={onKeyDown}
          />
          {isBusy && <Loader size={14} />}
        </div>
        <div ref={list} className={classes.list} id={`${id}-list`} role="listbox" aria-label={t("desk.palette.title")}>
          {groups.map((group) => (
            <div key={group.key} role="group" aria-labelledby={`${id}-${group.key}`}>
              <div className={classes.group} id={`${id}-${group.key}`} role="presentation">
                {t(`desk.palette.group.${group.key}`)}
              </div>
              {group.commands.map((command) => {
                const key = `${group.key} ${command.id}`;
                return (
                  <div key={key} id={idOf(key)} role="option" aria-selected={key === active} className={classes.option} onMouseMove={() => setWanted(key)} onClick={() => run(command)}>
                    <command.icon size={16} stroke={1.7} aria-hidden />
                    <span className="cut">{command.label}</span>
                    {command.note && <span className={`dim cut ${classes.note}`}>{command.note}</span>}
                  </div>
                );
              })}
            </div>
          ))}
        </div>
        {all.length === 0 && !isBusy && <div className={classes.none} role="status">{t("desk.palette.none")}</div>}
        {failure && <div className={classes.none} role="status">{t("desk.palette.failed")} {failure}</div>}
      </Modal.Content>
    </Modal.Root>
  );
}
