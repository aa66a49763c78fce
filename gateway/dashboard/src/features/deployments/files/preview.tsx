import { Button, Code } from "@mantine/core";
import { IconDownload, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { bytes } from "@/ui/format";
import { Empty, Failed, Loading, Panel } from "@/ui/page";
import { contentAddress, readFile, type Entry } from "./api";
import { imageType, textOf } from "./path";
import { scrolls } from "@/ui/scrolls";
import classes from "./files.module.css";

const kPreviewMax = 2 * 2 ** 20;

function Picture({ name, content, type }: { name: string; content: Uint8Array<ArrayBuffer>; type: string }) {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([content], { type }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [content, type]);
  return address ? <img src={address} alt={name} className={classes.image} /> : null;
}

function Content({ id, path, entry }: { id: string; path: string; entry: Entry }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({ queryKey: ["deployments", id, "file", path, entry.modified_at], queryFn: () => readFile(id, path), gcTime: 0 });
  if (error) return <Failed failure={{ code: "", detail: error.message }} />;
  if (!data) return <Loading rows={3} />;
  const type = imageType(entry.name);
  if (type) return <Picture name={entry.name} content={data} type={type} />;
  const text = textOf(data);
  return text === undefined ? <Empty title={t("files.noPreview")} /> : <Code block className={classes.text} {...scrolls(entry.name)}>{text}</Code>;
}

export function Preview({ id, path, entry, onClose }: { id: string; path: string; entry: Entry; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Panel
      title={entry.name}
      actions={
        <span className={classes.actions}>
          <Button component="a" href={contentAddress(id, path)} download={entry.name} size="compact-xs" variant="default" leftSection={<IconDownload size={13} />}>{t("files.download")}</Button>
          <Button size="compact-xs" variant="default" leftSection={<IconX size={13} />} onClick={onClose}>{t("close")}</Button>
        </span>
      }
    >
      {(entry.size ?? 0) > kPreviewMax ? <Empty title={t("files.tooLarge", { size: bytes(entry.size ?? 0) })} /> : <Content id={id} path={path} entry={entry} />}
    </Panel>
  );
}
