import { Select, Switch } from "@mantine/core";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { SearchBox } from "@/ui/search_box";
import tools from "@/ui/toolbar.module.css";
import { shortType, type AuditFilter } from "./api";

interface AuditToolsProps {
  filter: AuditFilter;
  types: readonly string[];
  isFollowing: boolean;
  onText: (text: string | undefined) => void;
  onType: (type: string | undefined) => void;
  onFollow: (follow: boolean) => void;
}

/** What stands above the events. It is drawn when it has changed itself, and not with each event that comes. */
export const AuditTools = memo(function AuditTools({ filter, types, isFollowing, onText, onType, onFollow }: AuditToolsProps) {
  const { t } = useTranslation();
  return (
    <div className={tools.bar}>
      <SearchBox label={t("audit.search")} value={filter.text} onSearch={onText} />
      <Select size="sm" w={240} searchable clearable aria-label={t("audit.type")} placeholder={t("filter.anyType")} value={filter.type ?? null} data={types.map((value) => ({ value, label: shortType(value) }))} onChange={(type) => onType(type ?? undefined)} />
      <Switch label={t("audit.follow")} checked={isFollowing} onChange={(event) => onFollow(event.currentTarget.checked)} />
    </div>
  );
});
