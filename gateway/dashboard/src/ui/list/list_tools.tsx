import { ActionIcon, Menu } from "@mantine/core";
import { IconColumns3 } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isShown, kNarrowPx, mayHide, toggled } from "./columns";
import { ExportMenu, type ReadExport } from "./export_menu";
import { useColumnChoice } from "./use_columns";
import { ViewMenu } from "./view_menu";

interface Titled {
  id: string;
  title: string;
  wide?: boolean;
}

function ColumnMenu({ table, columns }: { table: string; columns: readonly Titled[] }) {
  const { t } = useTranslation();
  const { choice, set } = useColumnChoice(table);
  const [isNarrow, setNarrow] = useState(false);
  // What the table leaves out by itself depends on how wide it is now.
  const look = () => setNarrow((document.querySelector(`[data-table="${table}"]`)?.clientWidth ?? kNarrowPx + 1) <= kNarrowPx);
  return (
    <Menu position="bottom-end" withinPortal closeOnItemClick={false} onOpen={look}>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label={t("desk.columns.title")} title={t("desk.columns.title")}>
          <IconColumns3 size={17} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("desk.columns.title")}</Menu.Label>
        {columns
          .filter((column) => mayHide(columns, column))
          .map((column) => {
            const shown = isShown(columns, column, choice, isNarrow);
            return (
              <Menu.CheckboxItem key={column.id} checked={shown} onChange={() => set(toggled(columns, column, choice, isNarrow))}>
                {column.title}
              </Menu.CheckboxItem>
            );
          })}
        <Menu.Divider />
        <Menu.Item disabled={choice.on.size + choice.off.size === 0} onClick={() => set({ on: new Set(), off: new Set() })}>
          {t("desk.columns.reset")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** What every list offers: its columns, its saved views, and itself as a file where the server can. */
export function ListTools({ table, columns, what, read }: { table: string; columns: readonly Titled[]; what: string; read?: ReadExport }) {
  return (
    <>
      <ColumnMenu table={table} columns={columns} />
      <ViewMenu table={table} what={what} />
      {read && <ExportMenu what={what} read={read} />}
    </>
  );
}
