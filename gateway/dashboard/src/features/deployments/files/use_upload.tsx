import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Confirm } from "@/ui/confirm";
import { bytes } from "@/ui/format";
import { dismiss, tell, tellProgress, textOf } from "@/ui/toasts";
import { writeFile } from "./api";
import { join } from "./path";

/** As much as PUT …/files/content takes. */
export const kFileBytesMax = 100 * 2 ** 20;

/**
 * Puts files into a folder. `names`: what is there now, asked for anew; who would replace something of it is asked first.
 * `dialog` is that question, for the page to show.
 */
export function useUpload(id: string, folder: string, names: () => Promise<readonly string[]>, onDone: () => void): { upload: (chosen: Iterable<File>) => Promise<void>; dialog: ReactNode } {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<{ files: File[]; replaced: string[] }>();

  async function send(file: File): Promise<void> {
    const progress = tell("progress", t("lists.uploading", { name: file.name }));
    try {
      await writeFile(id, join(folder, file.name), file, (share) => tellProgress(progress, `${Math.floor(share * 100)} %`));
      tell("success", t("files.uploaded", { name: file.name }));
    } catch (error) {
      tell("failure", t("files.uploadFailed", { name: file.name }), textOf(error));
    } finally {
      dismiss(progress);
    }
  }

  async function sendAll(files: readonly File[]): Promise<void> {
    for (const file of files) await send(file);
    onDone();
  }

  async function upload(chosen: Iterable<File>): Promise<void> {
    const files: File[] = [];
    for (const file of chosen) {
      if (file.size <= kFileBytesMax) files.push(file);
      else tell("failure", t("lists.notUploaded", { name: file.name }), t("lists.fileTooLarge", { size: bytes(file.size), most: bytes(kFileBytesMax) }));
    }
    if (files.length === 0) return;
    try {
      const there = new Set(await names());
      const replaced = files.map(({ name }) => name).filter((name) => there.has(name));
      if (replaced.length > 0) setAsked({ files, replaced });
      else await sendAll(files);
    } catch (error) {
      for (const { name } of files) tell("failure", t("files.uploadFailed", { name }), textOf(error));
    }
  }

  const dialog = asked && (
    <Confirm title={t("lists.replace", { count: asked.replaced.length })} confirm={t("lists.replaceConfirm")} onClose={() => setAsked(undefined)} onConfirm={() => sendAll(asked.files)}>
      <p>{t("lists.replaceHint")}</p>
      <strong>{asked.replaced.join(", ")}</strong>
    </Confirm>
  );
  return { upload, dialog };
}
