import { Button, Select, Switch } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import tools from "@/ui/toolbar.module.css";
import { JumpBox } from "./jump_box";
import { LogSearchBox } from "./search_box";
import classes from "./logs.module.css";

export interface LogSearch {
  line?: number;
  contains?: string;
  stream?: "stdout" | "stderr";
}

interface LogToolsProps {
  id: string;
  search: LogSearch;
  onSearch: (next: LogSearch) => void;
  onLine: (seq: number | undefined) => void;
  withTime: boolean;
  onTime: (withTime: boolean) => void;
  wrap: boolean;
  onWrap: (wrap: boolean) => void;
  onDownload: () => void;
}

/** What stands above the lines. It is drawn when it has changed itself, and not with each line that comes. */
export const LogTools = memo(function LogTools({ id, search, onSearch, onLine, withTime, onTime, wrap, onWrap, onDownload }: LogToolsProps) {
  const { t } = useTranslation();
  return (
    <div className={tools.bar}>
      <LogSearchBox text={search.contains ?? ""} onText={(contains) => onSearch({ ...search, contains: contains || undefined } as LogSearch)} />
      <Select size="xs" w={120} aria-label={t("logs.stream")} placeholder={t("logs.bothStreams")} clearable value={search.stream ?? null} data={["stdout", "stderr"]} onChange={(stream) => onSearch({ ...search, stream: (stream ?? undefined) as "stdout" | undefined } as LogSearch)} />
      <JumpBox id={id} onLine={onLine} />
      <div className={classes.options}>
        <Switch size="xs" label={t("logs.times")} checked={withTime} onChange={(event) => onTime(event.currentTarget.checked)} />
        <Switch size="xs" label={t("logs.wrap")} checked={wrap} onChange={(event) => onWrap(event.currentTarget.checked)} />
        <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} />} onClick={onDownload}>
          {t("logs.download")}
        </Button>
      </div>
    </div>
  );
});
