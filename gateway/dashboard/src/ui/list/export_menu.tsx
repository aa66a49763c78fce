import { ActionIcon, Menu } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { readWhole, type Download, type ExportFormat } from "@/api/download";
import { bytes } from "@/ui/format";
import { save } from "@/ui/save";
import { dismiss, tell, tellProgress, textOf } from "@/ui/toasts";

/** Reads the whole of what is exported. Throws when it is not whole. */
export type ReadExport = (format: ExportFormat, signal: AbortSignal, onBytes: (bytes: number) => void) => Promise<Download>;

const kToldEveryMs = 200;

/** A list of the API, under the filter in `address`. */
export const exportOf = (address: string): ReadExport => (format, signal, onBytes) => readWhole(address, format, signal, onBytes);

/** Reads, saves, and tells how it goes; it can be cancelled until it is there. */
async function run(t: TFunction, what: string, format: ExportFormat, read: ReadExport): Promise<void> {
  const stop = new AbortController();
  const progress = tell("progress", t("desk.export.doing", { what }), undefined, { label: t("cancel"), run: () => stop.abort() });
  let toldAt = 0;
  try {
    const { content, name } = await read(format, stop.signal, (size) => {
      if (performance.now() - toldAt < kToldEveryMs) return;
      toldAt = performance.now();
      tellProgress(progress, bytes(size));
    });
    save(content, name);
    tell("success", t("desk.export.done", { name }), bytes(content.size));
  } catch (error) {
    if (stop.signal.aborted) tell("success", t("desk.export.cancelled"));
    else tell("failure", t("desk.export.failed", { what }), textOf(error));
  } finally {
    dismiss(progress);
  }
}

/** Saves the whole of a list, and not what of it is here. */
export function ExportMenu({ what, read }: { what: string; read: ReadExport }) {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label={t("desk.export.title")} title={t("desk.export.title")}>
          <IconDownload size={17} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("desk.export.hint")}</Menu.Label>
        <Menu.Item onClick={() => void run(t, what, "csv", read)}>{t("desk.export.csv")}</Menu.Item>
        <Menu.Item onClick={() => void run(t, what, "jsonl", read)}>{t("desk.export.jsonl")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
